import {
  ELEMENT_TYPE_TABLE,
  ELEMENT_TYPES,
  type ElementType,
} from '../../protocol/elements/element-types.js';
import type { Entry, StoreTransaction } from '../stores/local-store.js';

/** Identifies one element. Elements and removals have these members. A message id is unique within its conversation. */
export interface ElementKey {
  type: ElementType;
  id: string;
  conversationId?: string; // of a session history, message or message state
}

/*
 * Keys of the local store and their values:
 *
 * - `state`: SyncState
 * - `F <folder>`: folder
 * - `H <conversation>`: conversation history, with unread count and newest message
 * - `S <conversation> <session>`: session history
 * - `M <conversation> <message>`: message and its state
 * - `A <time> <conversation>`: conversation histories by last activity
 * - `B <folder> <time> <conv>`: conversation histories of a folder by last activity
 * - `D <messageContext> <time> …`: messages by date, for the age limit
 * - `P <n>`: pending operations
 * - `X <time> <n>`: refused operations that no listener has received yet
 * - `R <key of the element>`: removals of the current synchronization
 * - `O <key of the element>`: elements that arrived before their container
 */
export const STATE = 'state';

const SEPARATOR = '\n'; // below every character of an id
const BEHIND = '\u007f'; // above every character of a key

/** An id in ASCII. It sorts as the UTF-8 of the id does, so that the client sorts as the server. */
const partOf = (id: string): string =>
  id.replace(/[^ -}]/gu, (character) =>
    character === '~' ? '~7e' : encodeURIComponent(character).replaceAll('%', '~').toLowerCase(),
  );

/** The id of a part of a key. */
export const idOfPart = (part: string): string =>
  decodeURIComponent(part.replaceAll('%', '%25').replaceAll('~', '%'));

/** A key of a kind and ids, or the prefix of all keys below them. */
export const keyOf = (kind: string, ...ids: string[]): string => [kind, ...ids.map(partOf)].join(SEPARATOR);

/** A number in 16 digits, which sort as the number. */
export const digitsOf = (count: number): string => String(count).padStart(16, '0');
/** A time in 16 digits: ms since 1970, plus 1e14 so that earlier times sort too. */
export const timeDigits = (date: string): string => digitsOf(Date.parse(date) + 1e14);

/** The kind of key of the row that holds an element. */
export const kindOf = (type: ElementType): string => ELEMENT_TYPE_TABLE[type].key;
/** The kinds of rows that hold elements. */
export const ROWS: ReadonlySet<string> = new Set(ELEMENT_TYPES.map(kindOf));

/** The key of the row that holds an element. */
export const rowKey = ({ type, id, conversationId }: ElementKey): string =>
  conversationId === undefined ? keyOf(kindOf(type), id) : keyOf(kindOf(type), conversationId, id);

/** The key of the remembered removal of an element. */
export const removalKey = (key: ElementKey): string => keyOf('R', key.type) + SEPARATOR + rowKey(key);

/** The key of the note that an element arrived before its container. */
export const orphanKey = (key: ElementKey): string => keyOf('O', key.type) + SEPARATOR + rowKey(key);

/** The key of an element, without its other members. */
export const elementKeyOf = ({ type, id, conversationId }: ElementKey): ElementKey =>
  conversationId === undefined ? { type, id } : { type, id, conversationId };

export interface ScanOptions {
  descending?: boolean;
  from?: string; // lowest key
  before?: string; // exclusive upper limit
  chunk?: number; // entries per read
}

const CHUNK = 200;

/** Yields all entries below a prefix. It reads them in chunks. */
export async function* entriesBelow(
  tx: StoreTransaction,
  prefix: string,
  {
    descending = false,
    from = prefix + SEPARATOR,
    before = prefix + SEPARATOR + BEHIND,
    chunk = CHUNK,
  }: ScanOptions = {},
): AsyncGenerator<Entry> {
  for (let range = { from, to: before }; ; ) {
    const entries = await tx.scan({ ...range, limit: chunk, descending });
    yield* entries;
    const last = entries.at(-1)?.[0];
    if (last === undefined || entries.length < chunk) return;
    range = descending ? { ...range, to: last } : { ...range, from: `${last}\u0001` };
  }
}
