import type { Element } from '../../protocol/elements/element.js';
import type { MessageData } from '../../protocol/elements/message.js';
import { elementOf, jsonBytes, stateElementOf } from './element.js';
import type {
  Idempotency,
  LargeIdempotency,
  MessageBody,
  StateAlone,
  StoredDevice,
  StoredMessage,
  StoredState,
  Tombstone,
} from './items.js';
import { bodyKey, DEVICES, deviceIdOf, idempotencyKey } from './keys.js';
import type { Effect, LogEntry } from './log-entry.js';
import type { StoredItem } from './stored-item.js';
import { TOMBSTONE_MS } from './timing.js';
import { UNWRITTEN, versionOf } from './version.js';

/** Larger idempotency records are items of their own, so that a device stays below 1 KB. Unit: bytes of JSON. */
const IDEMPOTENCY_ASIDE_ABOVE_BYTES = 240;
/** The content of larger messages is an item of its own. Unit: bytes of the JSON of the element. */
export const ASIDE_ABOVE_BYTES = 3000;

/** A write of one item of the view, part by part. */
export interface ViewWrite {
  readonly sk: string;
  readonly version: number;
  readonly expiresAtMs?: number;
  readonly content?: StoredItem;
  readonly state?: StoredState | Idempotency | null;
  readonly creates?: true; // a hint: probably there is no item yet
}

/** Version of the items that an entry writes. */
export const entryVersion = ({ timeline, index }: Pick<LogEntry, 'timeline' | 'index'>): number =>
  versionOf(timeline, index);

/** Version of the content of an item; UNWRITTEN where it has none. */
export const contentVersionOf = (item: StoredItem | undefined): number =>
  item === undefined || item.kind === 'stateAlone' ? UNWRITTEN : item.version;

/** Version of the state of a message, or of the idempotency record of a device; UNWRITTEN where it does not exist. */
export const stateVersionOf = (item: StoredItem | undefined): number =>
  (item && 'stateVersion' in item ? item.stateVersion : undefined) ?? UNWRITTEN;

/** The higher of both: the newest log entry that is visible in the item. */
export const latestVersionOf = (item: StoredItem): number =>
  Math.max(contentVersionOf(item), stateVersionOf(item));

/** A write of one item: an effect of an entry, or an item beside one. */
type Part = Pick<ViewWrite, 'sk' | 'expiresAtMs' | 'state'> & {
  readonly content?: Effect['content'] | StoredItem;
};

/** Applies an effect to an item, part by part; returns the same item if no part of the effect is newer. */
export function applied(item: StoredItem | undefined, effect: Part, version: number): StoredItem | undefined {
  let next = item;
  if (effect.content && contentVersionOf(next) < version) next = withContent(next, effect, version);
  if (effect.state !== undefined && stateVersionOf(next) < version) next = withState(next, effect, version);
  return next;
}

function withContent(
  item: StoredItem | undefined,
  { sk, content, expiresAtMs }: Part,
  version: number,
): StoredItem {
  const base = { sk, version, ...(expiresAtMs !== undefined && { expiresAtMs }) };
  if (content?.kind === 'device') {
    const kept = item?.kind === 'device' && item.since === content.since ? item : undefined;
    const { policyId: _, ...progress } = kept ?? { syncedModSeq: 0 };
    const stateVersion = item && 'stateVersion' in item ? item.stateVersion : undefined;
    return {
      ...progress,
      ...base,
      ...content,
      ...(stateVersion !== undefined && { stateVersion }),
    } as StoredDevice;
  }
  const hasState =
    content?.kind === 'message' || content?.kind === 'tombstone' || content?.kind === 'revokedDevice';
  const stateVersion = hasState && item && 'stateVersion' in item ? item.stateVersion : undefined;
  const state = content?.kind === 'message' && item && 'state' in item ? item.state : undefined;
  return {
    ...base,
    ...(content && withCreatedVersion(content, version)),
    ...(state && { state }),
    ...(stateVersion !== undefined && { stateVersion }),
  } as StoredItem;
}

/** Adds the version that created a conversation history: the effect was made before that version was known. */
const withCreatedVersion = <T extends NonNullable<Part['content']>>(content: T, version: number): T =>
  content.kind === 'conversationHistory' && content.modSeq === content.data.createdModSeq
    ? { createdVersion: version, ...content }
    : content;

function withState(
  item: StoredItem | undefined,
  { sk, state, expiresAtMs }: Part,
  version: number,
): StoredItem {
  if (item?.kind === 'device') {
    const { idempotency: _, ...device } = item;
    return { ...device, stateVersion: version, ...(state && { idempotency: state as Idempotency }) };
  }
  if (item?.kind === 'message') {
    const { state: _, ...message } = item;
    return { ...message, stateVersion: version, ...(state && { state: state as StoredState }) };
  }
  if (item !== undefined && item.kind !== 'stateAlone')
    return { ...item, stateVersion: version } as Tombstone;
  return {
    kind: 'stateAlone',
    sk,
    version: UNWRITTEN,
    stateVersion: version,
    ...(state && { state: state as StoredState }),
    ...(expiresAtMs !== undefined && { expiresAtMs }),
  } satisfies StateAlone;
}

/** The element of a row, taken from the effect of its entry. */
export function elementFrom(
  effect: Effect | undefined,
  { type, id, conversationId }: Pick<Element, 'type' | 'id'> & { readonly conversationId?: string },
): Element | undefined {
  if (type === 'messageState') {
    const state = effect?.state as StoredState | undefined;
    return state ? stateElementOf({ id, conversationId, state } as StoredMessage) : undefined;
  }
  const content = effect?.content;
  return content?.kind === type ? elementOf(content as StoredMessage) : undefined;
}

const HEADER: readonly (keyof MessageData)[] = [
  'messageContext',
  'direction',
  'date',
  'contentType',
  'sessionId',
  'inReplyToMessageId',
];

/** The members of a large message that decisions need; the others are in the item of its content. */
const headerOf = (data: MessageData): MessageData =>
  Object.fromEntries(
    HEADER.flatMap((name) => (data[name] === undefined ? [] : [[name, data[name]]])),
  ) as MessageData;

/** The writes that apply an effect to the view. The content of a large message is a write of its own. */
export function viewWritesOf(effect: Effect, version: number, atMs: number): ViewWrite[] {
  const { sk, content, state, dropsBody, creates, ...rest } = effect;
  const item = content && ({ ...withCreatedVersion(content, version), sk, version, ...rest } as StoredItem);
  const hint = creates ? { creates } : {};
  const write = { sk, version, ...rest, ...hint, ...(state !== undefined && { state }) };
  if (item?.kind === 'message') {
    const bytes = jsonBytes(elementOf(item));
    if (bytes > ASIDE_ABOVE_BYTES) {
      const body: MessageBody = { kind: 'body', sk: bodyKey(sk), version, ...rest, data: item.data };
      return [
        { ...write, content: { ...item, data: headerOf(item.data), bodyBytes: bytes } },
        { sk: body.sk, version, ...rest, ...hint, content: body },
      ];
    }
  }
  if (item?.kind === 'device' || (content === undefined && sk.startsWith(DEVICES)))
    return deviceWritesOf(write, item);
  return [
    { ...write, ...(item && { content: item }) },
    ...(dropsBody ? [bodyDropped(sk, version, atMs)] : []),
  ];
}

/** Removes the content of a large message. An empty item stays, so that a late projection does not bring the content back. */
export function bodyDropped(messageSk: string, version: number, atMs: number): ViewWrite {
  const none = { sk: bodyKey(messageSk), version, expiresAtMs: atMs + TOMBSTONE_MS };
  return { ...none, content: { kind: 'body', ...none } };
}

function deviceWritesOf(write: ViewWrite, content: StoredItem | undefined): ViewWrite[] {
  const { sk, version } = write;
  const record = write.state as Idempotency | null | undefined;
  const whole = { ...write, ...(content && { content }) };
  if (!record || jsonBytes(record) <= IDEMPOTENCY_ASIDE_ABOVE_BYTES) return [whole];
  const { since, lastN, firstN } = record;
  const aside: LargeIdempotency = {
    kind: 'idempotency',
    sk: idempotencyKey(deviceIdOf(sk)),
    version,
    record,
  };
  return [
    { ...whole, state: { since, lastN, firstN } as Idempotency },
    { sk: aside.sk, version, content: aside },
  ];
}

/**
 * Whether the view shows a write already. Expired writes are not skipped: the expiry of an item is counted only when the
 * database removes it. An item that is written and removed twice is counted once (see ReplacesExpired).
 */
export const isShown = (write: ViewWrite, item: StoredItem | undefined): boolean =>
  (write.content === undefined || contentVersionOf(item) >= write.version) &&
  (write.state === undefined || stateVersionOf(item) >= write.version);

/** Adds the content to a large message; returns the same message if the content is not there yet, or no longer. */
export function withBody(message: StoredMessage, body: StoredItem | undefined): StoredMessage {
  if (message.bodyBytes === undefined || body?.kind !== 'body' || !body.data) return message;
  const { bodyBytes: _, ...rest } = message;
  return { ...rest, data: body.data };
}
