import type { ConversationId } from '../../protocol/ids.js';
import type { BoxView } from '../log/view.js';
import { withBody } from '../model/effects.js';
import type { StoredConversation } from '../model/items.js';
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
import type { StoredItem } from '../model/stored-item.js';
import type { Items, Range } from '../ports/store.js';
import type { BackfillCursor, BackfillPhase, Cursor } from './position.js';

const ITEMS_PER_READ_MAX = 1000; // a database page holds about as many of usual size
const HISTORIES_PER_READ = 200;

/** Items of the box in the order in which a backfill sends them, with the conversation histories that contain them. */
export interface ScanBatch {
  readonly items: readonly StoredItem[];
  /** Conversation histories, or their tombstones. They decide whether the items are alive. */
  readonly histories: ReadonlyMap<ConversationId, StoredItem>;
  /** Key to continue after: the last item, or the end of a range that need not be read. Undefined: nothing follows. */
  readonly next: string | undefined;
}

/** The part of a box that a scan reads. */
export interface ScanSource {
  readonly phase: BackfillPhase;
  /** Reads the contents of this conversation history only. */
  readonly conversationId?: ConversationId;
  /** Whether the contents of a conversation history are wanted. */
  readonly isWanted: (history: StoredConversation) => boolean;
  /** All conversation histories are wanted, so contents can be read at the same time. */
  readonly isAll: boolean;
}

/** Where a scan continues. `room`: elements that the page takes. */
export interface ScanStart {
  readonly cursor: Cursor;
  readonly room: number;
}

/** Reads the next batch after a cursor. */
export function readBatch(view: BoxView, source: ScanSource, start: ScanStart): Promise<ScanBatch> {
  const { phase, isAll } = source;
  if (phase === 'contents') return isAll ? readAllContents(view, start) : readContents(view, source, start);
  return readContainers(view, containerRange(phase, start));
}

/**
 * The ranges that one response reads if every conversation history is wanted. Folders, conversation histories and
 * contents are sent one after the other, but none of these reads depends on another.
 */
export function rangesAhead({ counts }: Pick<Head, 'counts'>, cursor: BackfillCursor, room: number): Range[] {
  const { phase, after } = cursor;
  if (phase === 'contents') return [historiesFrom(undefined, after), allContents(after, room)];
  if (phase === 'leaving' || counts.folder + counts.conversationHistory >= room) return [];
  return [
    ...(phase === 'folders' ? [containerRange('folders', { cursor, room })] : []),
    containerRange('conversations', { cursor: phase === 'conversations' ? cursor : {}, room }),
    historiesFrom(undefined, undefined),
    allContents(undefined, room),
  ];
}

const containerRange = (phase: BackfillPhase, { cursor: { after }, room }: ScanStart): Range => {
  const prefix = phase === 'folders' ? FOLDERS : CONVERSATIONS;
  const from = after === undefined ? prefix : behindKey(after);
  return { from, to: endOf(prefix), limit: Math.min(room, ITEMS_PER_READ_MAX) };
};

/** Reads folders, or conversation histories, in the order of their keys. */
async function readContainers(view: BoxView, range: Range): Promise<ScanBatch> {
  const { items, more, last } = await view.query(range);
  return { items, histories: new Map(), next: more ? last : undefined };
}

/** Reads contents backwards: a run of conversation histories that are wanted, the newest contents of each first. */
async function readContents(
  view: BoxView,
  { conversationId, isWanted }: ScanSource,
  { cursor, room }: ScanStart,
): Promise<ScanBatch> {
  const { after } = cursor;
  const whole = historiesFrom(conversationId, after);
  const read = await view.query(whole);
  // The prefix of a conversation history's contents sorts before all of them, so a cursor there says that they are done.
  const isDone = after !== undefined && after === contentsPrefix(conversationOfContents(after));
  const candidates = isDone ? read.items.filter(({ sk }) => sk !== whole.to) : read.items;
  const histories = historiesIn(read.items);
  const run = wantedRun(candidates, isWanted);
  const nextHistories =
    read.more && conversationId === undefined && read.last !== undefined
      ? contentsPrefix(conversationOfContents(read.last))
      : undefined;
  if (!run) return { items: [], histories, next: nextHistories };

  const top = contentsPrefix(idOf(run.first));
  const from = contentsPrefix(idOf(run.last));
  const to = after?.startsWith(top) ? after : endOf(top);
  const limit = Math.min(room, ITEMS_PER_READ_MAX) + 1;
  const page = await view.query({ from, to, limit, descending: true });
  const afterRun = run.last === read.items.at(-1) ? nextHistories : from;
  return { items: await itemsAfter(view, page, cursor), histories, next: page.more ? page.last : afterRun };
}

/** Reads the contents of all conversation histories, and the conversation histories at the same time. */
async function readAllContents(view: BoxView, { cursor, room }: ScanStart): Promise<ScanBatch> {
  const { after } = cursor;
  const [read, page] = await Promise.all([
    view.query(historiesFrom(undefined, after)),
    view.query(allContents(after, room)),
  ]);
  const histories = new Map(historiesIn(read.items));
  // The contents may belong to more conversation histories than were read with them.
  const missing = page.items.map(idOf).filter((id) => !histories.has(id));
  if (missing.length > 0 && read.more) {
    const more = await view.get(missing.map(conversationKey));
    for (const item of more.values()) histories.set(idOf(item), item);
  }
  return { items: await itemsAfter(view, page, cursor), histories, next: page.more ? page.last : undefined };
}

const allContents = (after: string | undefined, room: number): Range => ({
  from: CONTENTS,
  to: after ?? endOf(CONTENTS),
  limit: Math.min(room, ITEMS_PER_READ_MAX) + 1,
  descending: true,
});

/** The items after the cursor, large messages with their body. */
async function itemsAfter(
  view: BoxView,
  { items }: Items,
  { after, isStatePending }: Cursor,
): Promise<readonly StoredItem[]> {
  const fresh = isStatePending ? items : items.filter(({ sk }) => sk !== after);
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

/** The range of one conversation history, or of all from the cursor's on, backwards. */
function historiesFrom(conversationId: ConversationId | undefined, after: string | undefined): Range {
  if (conversationId !== undefined) {
    return { from: conversationKey(conversationId), to: conversationKey(conversationId), limit: 1 };
  }
  const to = after === undefined ? endOf(CONVERSATIONS) : conversationKey(conversationOfContents(after));
  return { from: CONVERSATIONS, to, limit: HISTORIES_PER_READ, descending: true };
}

/** The first run of conversation histories that are all wanted. */
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
