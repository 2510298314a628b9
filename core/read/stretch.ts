import type { ConversationId } from '../../protocol/ids.js';
import type { BoxView } from '../log/view.js';
import { withBody } from '../model/effects.js';
import type { StoredConversation, StoredItem } from '../model/items.js';
import {
  behindKey,
  bodyKey,
  CONTENTS,
  CONVERSATIONS,
  contentsPrefix,
  conversationKey,
  conversationOfContents,
  endOf,
  FOLDERS,
} from '../model/keys.js';
import type { Head } from '../model/log-entry.js';
import type { Items, Range } from '../ports/store.js';
import type { BackfillCursor, Cursor, Stage } from './position.js';

const ITEMS_PER_READ_MAX = 1000; // a database page holds about as many of usual size
const HISTORIES_PER_READ = 200;

/** Items of the box in the order in which a backfill sends them, and what decides whether they are alive. */
export interface Stretch {
  readonly items: readonly StoredItem[];
  /** Conversation histories, or what is left of them. */
  readonly histories: ReadonlyMap<ConversationId, StoredItem>;
  /** Where to go on: behind the last item, or behind what need not be read. Undefined: nothing follows. */
  readonly next: string | undefined;
}

/** Which conversation histories' contents are wanted at all. */
export type IsWanted = (history: StoredConversation) => boolean;

/** What a stretch is read of. */
export interface Source {
  readonly stage: Stage;
  /** The contents of one conversation history alone. */
  readonly conversationId?: ConversationId;
  readonly isWanted: IsWanted;
  /** Every conversation history that lives is wanted: contents can be read beside them. */
  readonly isAll: boolean;
}

/** Reads on from a cursor. @param room elements that the page takes */
export function readStretch(view: BoxView, source: Source, cursor: Cursor, room: number): Promise<Stretch> {
  const { stage, isAll } = source;
  if (stage === 'contents')
    return isAll ? readAllContents(view, cursor, room) : readContents(view, source, cursor, room);
  return readPlain(view, plainRange(stage, cursor, room));
}

/**
 * Ranges that one response needs where every conversation history is wanted: folders, conversation histories and contents
 * are sent one after the other, and none of these reads depends on another.
 */
export function rangesAhead({ counts }: Pick<Head, 'counts'>, at: BackfillCursor, room: number): Range[] {
  const { stage, after } = at;
  if (stage === 'contents') return [historiesFrom(undefined, after), allContents(after, room)];
  if (stage === 'leaving' || counts.folder + counts.conversationHistory >= room) return [];
  return [
    ...(stage === 'folders' ? [plainRange('folders', at, room)] : []),
    plainRange('conversations', stage === 'conversations' ? at : {}, room),
    historiesFrom(undefined, undefined),
    allContents(undefined, room),
  ];
}

const plainRange = (stage: Stage, { after }: Cursor, room: number): Range => {
  const prefix = stage === 'folders' ? FOLDERS : CONVERSATIONS;
  const from = after === undefined ? prefix : behindKey(after);
  return { from, to: endOf(prefix), limit: Math.min(room, ITEMS_PER_READ_MAX) };
};

/** Folders, or conversation histories, in the order of their keys. */
async function readPlain(view: BoxView, range: Range): Promise<Stretch> {
  const { items, more, last } = await view.query(range);
  return { items, histories: new Map(), next: more ? last : undefined };
}

/** Contents, backwards: runs of conversation histories that are wanted, of each the newest first. */
async function readContents(
  view: BoxView,
  { conversationId, isWanted }: Source,
  cursor: Cursor,
  room: number,
): Promise<Stretch> {
  const { after } = cursor;
  const whole = historiesFrom(conversationId, after);
  const read = await view.query(whole);
  // The key that begins the contents of a conversation history comes behind all of them: it is done.
  const isDone = after !== undefined && after === contentsPrefix(conversationOfContents(after));
  const candidates = isDone ? read.items.filter(({ sk }) => sk !== whole.to) : read.items;
  const histories = historiesIn(read.items);
  const run = wantedRun(candidates, isWanted);
  const goesOn =
    read.more && conversationId === undefined && read.last !== undefined
      ? contentsPrefix(conversationOfContents(read.last))
      : undefined;
  if (!run) return { items: [], histories, next: goesOn };

  const top = contentsPrefix(idOf(run.first));
  const from = contentsPrefix(idOf(run.last));
  const to = after?.startsWith(top) ? after : endOf(top);
  const page = await view.query({
    from,
    to,
    limit: Math.min(room, ITEMS_PER_READ_MAX) + 1,
    descending: true,
  });
  const behindRun = run.last === read.items.at(-1) ? goesOn : from;
  return { items: await itemsBehind(view, page, cursor), histories, next: page.more ? page.last : behindRun };
}

/** The same where all are wanted: conversation histories and contents are read at the same time. */
async function readAllContents(view: BoxView, cursor: Cursor, room: number): Promise<Stretch> {
  const { after } = cursor;
  const [read, page] = await Promise.all([
    view.query(historiesFrom(undefined, after)),
    view.query(allContents(after, room)),
  ]);
  const histories = new Map(historiesIn(read.items));
  // Contents reach further down than the conversation histories that were read with them.
  const missing = page.items.map(idOf).filter((id) => !histories.has(id));
  if (missing.length > 0 && read.more) {
    const more = await view.get(missing.map(conversationKey));
    for (const item of more.values()) histories.set(idOf(item), item);
  }
  return { items: await itemsBehind(view, page, cursor), histories, next: page.more ? page.last : undefined };
}

const allContents = (after: string | undefined, room: number): Range => ({
  from: CONTENTS,
  to: after ?? endOf(CONTENTS),
  limit: Math.min(room, ITEMS_PER_READ_MAX) + 1,
  descending: true,
});

/** The items that follow the cursor, large messages with their content. */
async function itemsBehind(
  view: BoxView,
  { items }: Items,
  { after, stateOwed }: Cursor,
): Promise<readonly StoredItem[]> {
  const fresh = stateOwed ? items : items.filter(({ sk }) => sk !== after);
  const large = fresh.flatMap((item) =>
    item.kind === 'message' && item.bodyBytes !== undefined ? bodyKey(item.sk) : [],
  );
  if (large.length === 0) return fresh;
  const bodies = await view.get(large);
  return fresh.map((item) => (item.kind === 'message' ? withBody(item, bodies.get(bodyKey(item.sk))) : item));
}

const historiesIn = (items: readonly StoredItem[]): ReadonlyMap<ConversationId, StoredItem> =>
  new Map(items.map((item) => [idOf(item), item]));

const idOf = ({ sk }: StoredItem): ConversationId => conversationOfContents(sk);

/** One conversation history, or those from that of the cursor on, backwards. */
function historiesFrom(conversationId: ConversationId | undefined, after: string | undefined): Range {
  if (conversationId !== undefined) {
    return { from: conversationKey(conversationId), to: conversationKey(conversationId), limit: 1 };
  }
  const to = after === undefined ? endOf(CONVERSATIONS) : conversationKey(conversationOfContents(after));
  return { from: CONVERSATIONS, to, limit: HISTORIES_PER_READ, descending: true };
}

/** The first conversation histories in a row that are wanted. */
function wantedRun(
  items: readonly StoredItem[],
  isWanted: (history: StoredConversation) => boolean,
): { first: StoredItem; last: StoredItem } | undefined {
  const wanted = items.map((item) => item.kind === 'conversationHistory' && isWanted(item));
  const start = wanted.indexOf(true);
  const first = items[start];
  if (!first) return undefined;
  const end = wanted.indexOf(false, start);
  const last = items[(end < 0 ? items.length : end) - 1];
  return { first, last: last ?? first };
}
