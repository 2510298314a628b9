import { createHash } from 'node:crypto';
import type {
  ConversationId,
  DeviceId,
  ElementId,
  FolderId,
  InstanceId,
  MessageId,
  SessionId,
} from '../../protocol/ids.js';

const MOD_SEQ_DIGITS = 12;
const KEY_MAX_BYTES = 1024; // of the database

/**
 * An id as part of a key. `#` ends a part, so it is written `"2`, and `"` is written `"1`: unlike percent signs, this
 * keeps the order of ids, since `"` sorts directly below `#`.
 */
const part = (id: string): string => id.replaceAll('"', '"1').replaceAll('#', '"2');

const unpart = (part: string): string => part.replaceAll('"2', '#').replaceAll('"1', '"');

const PACKED_DELIMITER = '\u0000'; // no id holds a control character

/** A key in as few characters as its ids have, for tokens; `unpackKey` gives the key again. */
export const packKey = (sk: string): string => sk.split('#').map(unpart).join(PACKED_DELIMITER);
export const unpackKey = (packed: string): string => packed.split(PACKED_DELIMITER).map(part).join('#');

/** Behind the last key that begins with the prefix, which ends in `#`; no item has this very key. */
export const endOf = (prefix: string): string => `${prefix.slice(0, -1)}$`;

export const commitKey = (modSeq: number): string => `C#${String(modSeq).padStart(MOD_SEQ_DIGITS, '0')}`;
/** Sorts after every commit: one query returns the newest commits and the head. */
export const HEAD_KEY = 'C~HEAD';
/** Outside of every range that is read. */
export const NEWEST_DEVICE_KEY = 'D~NEWEST';
export const receiptKey = (deviceId: DeviceId): string => `R#${part(deviceId)}`;
/** Of an instance of the device that is not registered any more. */
export const formerReceiptKey = (deviceId: DeviceId, instanceId: InstanceId): string =>
  `${receiptKey(deviceId)}#${part(instanceId)}`;

export const FOLDERS = 'F#';
export const CONVERSATIONS = 'H#';
export const folderKey = (id: FolderId): string => FOLDERS + part(id);
export const FOLDER_NAMES = 'N#';
/** A name that is too long for a key stands in it as a digest, behind a `/`, which no name holds. */
export function folderNameKey(parent: FolderId | null, name: string): string {
  const siblings = `${FOLDER_NAMES}${parent === null ? '' : part(parent)}#`;
  const key = siblings + part(name);
  if (Buffer.byteLength(key) <= KEY_MAX_BYTES) return key;
  return `${siblings}/${createHash('sha256').update(name).digest('base64url')}`;
}
/** The folder whose sub-folder has the name of this key; null: the name is one at the top. */
export const parentOfName = (key: string): FolderId | null =>
  (unpart(key.split('#')[1] ?? '') || null) as FolderId | null;
/** Ends in `#` like the prefix of its contents, so that both sort alike, also where one id begins with another. */
export const conversationKey = (id: ConversationId): string => `${CONVERSATIONS}${part(id)}#`;
export const conversationIdOf = (key: string): ConversationId =>
  unpart(key.slice(CONVERSATIONS.length, -1)) as ConversationId;
export const contentsPrefix = (conversationId: ConversationId): string => `E#${part(conversationId)}#`;
export const sessionsPrefix = (conversationId: ConversationId): string =>
  `${contentsPrefix(conversationId)}S#`;
export const messagesPrefix = (conversationId: ConversationId): string =>
  `${contentsPrefix(conversationId)}M#`;
export const sessionKey = (conversationId: ConversationId, id: SessionId): string =>
  sessionsPrefix(conversationId) + part(id);
export const messageKey = (conversationId: ConversationId, id: MessageId | ElementId): string =>
  messagesPrefix(conversationId) + part(id);

export const messageIdOf = (key: string): MessageId => unpart(key.split('#')[3] ?? '') as MessageId;

/** The conversation history that a key of contents, or their prefix, belongs to. */
export const conversationOfContents = (key: string): ConversationId =>
  unpart(key.split('#')[1] ?? '') as ConversationId;
