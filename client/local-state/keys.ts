import type { ElementType } from '../../protocol/elements/element.js';
import type { Entry, StoreTransaction } from '../stores/local-store.js';

/** Names one element. Elements and removals are keys of themselves. Message ids are told apart by conversation. */
export interface ElementKey {
  type: ElementType;
  id: string;
  conversationId?: string; // of a session history, message or message state
}

/*
 * Keys of the local store:
 *
 *   state                          where the synchronization stands
 *   F <folder>                     folder
 *   C <conversation>               conversation history, with unread count and newest message
 *   S <conversation> <session>     session history
 *   M <conversation> <message>     message and its state
 *   A <time> <conversation>        conversation histories by last activity
 *   B <folder> <time> <conv>       conversation histories of a folder by last activity
 *   D <messageContext> <time> …    messages by date, for the age limit
 *   P <n>                          operations that are not settled
 *   X <time> <n>                   operations that were refused, until somebody has been told
 *   R <key of the element>         removals that are remembered
 *   O <key of the element>         what arrived before its container
 */
export const STATE = 'state';

const SEPARATOR = '\n'; // below every character of an id
const BEHIND = '\u007f'; // above every character of a key

/** An id in ASCII that sorts as its UTF-8 does, which is how the server sorts. */
const partOf = (id: string): string =>
  id.replace(/[^ -}]/gu, (character) =>
    character === '~' ? '~7e' : encodeURIComponent(character).replaceAll('%', '~').toLowerCase(),
  );

export const idOfPart = (part: string): string =>
  decodeURIComponent(part.replaceAll('%', '%25').replaceAll('~', '%'));

export const keyOf = (kind: string, ...ids: string[]): string => [kind, ...ids.map(partOf)].join(SEPARATOR);

/** Shape: n, or milliseconds since 1970 moved so that none is negative, in digits that sort as the number. */
export const digitsOf = (count: number): string => String(count).padStart(16, '0');
export const timeDigits = (date: string): string => digitsOf(Date.parse(date) + 1e14);

/** Under which kind of key an element is held. */
export const KINDS: Record<ElementType, string> = {
  folder: 'F',
  conversationHistory: 'C',
  sessionHistory: 'S',
  message: 'M',
  messageState: 'M',
};
/** The kinds of rows that hold elements. */
export const ROWS: readonly string[] = [...new Set(Object.values(KINDS))];

/** The key of the row in which an element is held. */
export const rowKey = ({ type, id, conversationId }: ElementKey): string =>
  conversationId === undefined ? keyOf(KINDS[type], id) : keyOf(KINDS[type], conversationId, id);

export const removalKey = (key: ElementKey): string => keyOf('R', key.type) + SEPARATOR + rowKey(key);

export const orphanKey = (key: ElementKey): string => keyOf('O', key.type) + SEPARATOR + rowKey(key);

export const elementKeyOf = ({ type, id, conversationId }: ElementKey): ElementKey =>
  conversationId === undefined ? { type, id } : { type, id, conversationId };

export interface ScanOptions {
  descending?: boolean;
  from?: string; // key at which to begin
  before?: string; // key before which to end, or when descending to begin
  chunk?: number; // entries that are read at a time
}

const CHUNK = 200;

/** All entries below a prefix, read a few at a time. */
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
