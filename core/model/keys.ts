import { createHash } from 'node:crypto';
import { type ContentType, ELEMENT_TYPE_TABLE } from '../../protocol/elements/element-types.js';
import type {
  ConversationId,
  DeviceId,
  ElementId,
  FolderId,
  InstanceId,
  MessageId,
  SessionId,
} from '../../protocol/ids.js';

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

/** The first key behind this one: no id holds a control character. */
export const behindKey = (sk: string): string => `${sk}\u0000`;

const INDEX_DIGITS = 15;
export const ENTRIES = 'L#';
export const entryKey = (index: number): string => `${ENTRIES}${String(index).padStart(INDEX_DIGITS, '0')}`;
/** Sorts after every entry of the log: one query returns the newest entries and the anchor. */
export const ANCHOR_KEY = 'L~ANCHOR';
/** Effects of a large entry, which are written before it. */
export const overflowKey = (nonce: string, part: number): string => `O#${nonce}#${part}`;
/** Its removal by the database says that the log has been quiet for a while. */
export const TIMER_KEY = 'T#QUIET';
export const PURGES = 'Q#';
/**
 * The purge of a container, which the log entry of this index and number deleted. An index alone may also be that of a
 * deletion in a past that a restore has undone, whose order comes late.
 */
export const purgeKey = (index: number, modSeq: number, container: string): string =>
  `${PURGES}${String(index).padStart(INDEX_DIGITS, '0')}#${modSeq}#${part(container)}`;

// Items of a device, in the registry's table. Ids hold no control character, so none begins with the key of another.
export const DEVICES = 'D#';
export const deviceKey = (deviceId: DeviceId): string => DEVICES + part(deviceId);
export const deviceIdOf = (key: string): DeviceId => unpart(key.slice(DEVICES.length)) as DeviceId;
/** A scope is found by its version; the nonce keeps those apart that were made at the same time, or before a restore. */
export const scopeKey = (deviceId: DeviceId, version: number, nonce: string): string =>
  `S#${part(deviceId)}#${version}#${nonce}`;
/** Preferences of a device. A version is a number, so no scope has this key. */
export const preferencesKey = (deviceId: DeviceId, nonce: string): string =>
  preferencesPrefix(deviceId) + nonce;
export const preferencesPrefix = (deviceId: DeviceId): string => `S#${part(deviceId)}#P#`;
/** Idempotency record of a device that is too large for its own item. */
export const idempotencyKey = (deviceId: DeviceId): string => `I#${part(deviceId)}`;
/** Idempotency record of an instance of the device that is not registered any more. */
export const formerInstanceKey = (deviceId: DeviceId, instanceId: InstanceId): string =>
  `I#${part(deviceId)}#${part(instanceId)}`;
/** Whether the registry's table contains the item. */
export const isRegistryKey = (sk: string): boolean => /^[DSI]#/.test(sk);

export const FOLDERS = `${ELEMENT_TYPE_TABLE.folder.key}#`;
export const CONVERSATIONS = `${ELEMENT_TYPE_TABLE.conversationHistory.key}#`;
export const folderKey = (id: FolderId): string => FOLDERS + part(id);
export const FOLDER_NAMES = 'N#';
/** The key of a name has a digest for a name that is too long, after a `/`, which names do not contain. */
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
export const CONTENTS = 'E#';
export const contentsPrefix = (conversationId: ConversationId): string =>
  `${CONTENTS}${part(conversationId)}#`;
const contentPrefix = (conversationId: ConversationId, type: ContentType): string =>
  `${contentsPrefix(conversationId)}${ELEMENT_TYPE_TABLE[type].key}#`;
/** Key of the item that holds an element in a conversation history. A message and its state share one. */
export const contentKey = (conversationId: ConversationId, type: ContentType, id: ElementId): string =>
  contentPrefix(conversationId, type) + part(id);
export const sessionsPrefix = (conversationId: ConversationId): string =>
  contentPrefix(conversationId, 'sessionHistory');
export const messagesPrefix = (conversationId: ConversationId): string =>
  contentPrefix(conversationId, 'message');
export const sessionKey = (conversationId: ConversationId, id: SessionId): string =>
  contentKey(conversationId, 'sessionHistory', id);
export const messageKey = (conversationId: ConversationId, id: MessageId | ElementId): string =>
  contentKey(conversationId, 'message', id);

/** The content of a large message: an item of its own, which no range of elements contains. */
export const bodyKey = (messageSk: string): string => `B${messageSk.slice(1)}`;
export const bodiesPrefix = (conversationId: ConversationId): string => `B#${part(conversationId)}#`;

export const messageIdOf = (key: string): MessageId => unpart(key.split('#')[3] ?? '') as MessageId;

/** The conversation history that a key of contents, or their prefix, belongs to. */
export const conversationOfContents = (key: string): ConversationId =>
  unpart(key.split('#')[1] ?? '') as ConversationId;
