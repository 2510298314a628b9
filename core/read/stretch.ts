import type { ConversationId } from '../../protocol/ids.js';
import type { Core } from '../core.js';
import type { BoxId, Head, StoredConversation, StoredItem } from '../model/items.js';
import {
  CONVERSATIONS,
  contentsPrefix,
  conversationKey,
  conversationOfContents,
  endOf,
  FOLDERS,
  HEAD_KEY,
} from '../model/keys.js';
import type { Range } from '../ports/store.js';
import type { Cursor, Stage } from './position.js';
import { isStale, type Recent } from './recent.js';
import type { Walk } from './walk.js';

const STALE_WAITS_MS = [50, 100, 200];
const ITEMS_PER_READ_MAX = 1000; // a database page holds about as many of usual size
const ITEMS_PER_READ_MIN = 50; // so that the rest of a page takes no reading after the other
const HISTORIES_PER_READ = 100;

/** Items of the box in the order in which a backfill sends them, and what decides whether they are alive. */
export interface Stretch {
  readonly items: readonly StoredItem[];
  /** Conversation histories, or what is left of them. */
  readonly histories: ReadonlyMap<ConversationId, StoredItem>;
  readonly head: Head | undefined;
  /** Where to go on: behind the last item, or behind what need not be read. Undefined: nothing follows. */
  readonly next: string | undefined;
}

/** Which conversation histories' contents are wanted at all. */
export type IsWanted = (history: StoredConversation, head: Head | undefined) => boolean;

/** What a stretch is read of. */
export interface Source {
  readonly stage: Stage;
  /** The contents of one conversation history alone. */
  readonly conversationId?: ConversationId;
  readonly isWanted: IsWanted;
  /** Messages come with their states, which are elements too. */
  readonly withStates: boolean;
}

/**
 * Reads on from a cursor until no commit at or before the device's position is seen in part; undefined when it stays
 * so: then the client comes again.
 */
export async function readStretch(
  core: Core,
  box: BoxId,
  source: Source,
  cursor: Cursor,
  room: number,
  recent: Recent,
): Promise<Stretch | undefined> {
  const prefix = source.stage === 'folders' ? FOLDERS : CONVERSATIONS;
  return untilSettled(core, () =>
    source.stage === 'contents'
      ? readContents(core, box, source, cursor, room, recent)
      : readPlain(core, box, prefix, cursor, room, recent),
  );
}

async function untilSettled<T>(core: Core, read: () => Promise<T | undefined>): Promise<T | undefined> {
  for (const ms of [0, ...STALE_WAITS_MS]) {
    if (ms > 0) await core.clock.sleep(ms);
    const settled = await read();
    if (settled) return settled;
    core.report('backfillUnsettled', { waitedMs: ms });
  }
  return undefined;
}

/** Items below a prefix behind a key, in order, dead or alive; undefined when they stay seen in part. */
export function readItems(
  { core, box, recent }: Walk,
  prefix: string,
  after: string,
): Promise<{ items: readonly StoredItem[]; more: boolean } | undefined> {
  return untilSettled(core, async () => {
    const range = { from: after, to: endOf(prefix), limit: ITEMS_PER_READ_MAX };
    const { items, more } = await core.store.query(box, range);
    const last = items.at(-1)?.sk;
    const read = { from: after, to: (more && last) || range.to };
    if (isStale(recent, items, new Map(), read)) return undefined;
    return { items: items.filter(({ sk }) => sk !== after), more: more && last !== undefined };
  });
}

/** Folders, or conversation histories, in the order of their keys. */
async function readPlain(
  core: Core,
  box: BoxId,
  prefix: string,
  { after }: Cursor,
  room: number,
  recent: Recent,
): Promise<Stretch | undefined> {
  const range = { from: after ?? prefix, to: endOf(prefix), limit: Math.min(room, ITEMS_PER_READ_MAX) + 1 };
  const { items, more } = await core.store.query(box, range);
  const beside = await core.store.get(box, [HEAD_KEY]);
  const last = items.at(-1)?.sk;
  if (isStale(recent, items, beside, { from: range.from, to: (more && last) || range.to })) return undefined;
  // Both ends are included in a range, so the last item that was sent is read once more.
  const fresh = items.filter(({ sk }) => sk !== after);
  return { items: fresh, histories: new Map(), head: headIn(beside), next: more ? last : undefined };
}

/** Contents, backwards: runs of conversation histories that are wanted, of each the newest first. */
async function readContents(
  core: Core,
  box: BoxId,
  { conversationId, isWanted, withStates }: Source,
  cursor: Cursor,
  room: number,
  recent: Recent,
): Promise<Stretch | undefined> {
  const { after } = cursor;
  const whole = historiesFrom(conversationId, after);
  // Notes of what is being emptied stay until long after it is empty, and one that the log has yet to tell decides nothing of
  // what is older: so it does not matter what is read first.
  const [beside, read] = await Promise.all([core.store.get(box, [HEAD_KEY]), core.store.query(box, whole)]);
  const head = headIn(beside);
  const lastHistory = read.items.at(-1);
  const readTo = { from: (read.more && lastHistory?.sk) || whole.from, to: whole.to };
  if (isStale(recent, read.items, beside, readTo)) return undefined;
  // The key that begins the contents of a conversation history stands behind all of them: it is done.
  const isDone = after !== undefined && after === contentsPrefix(conversationOfContents(after));
  const candidates = isDone ? read.items.filter(({ sk }) => sk !== whole.to) : read.items;
  const histories = new Map(read.items.map((item) => [idOf(item), item]));
  const run = wantedRun(candidates, (history) => isWanted(history, head));
  const goesOn =
    read.more && conversationId === undefined && lastHistory ? contentsPrefix(idOf(lastHistory)) : undefined;
  if (!run) return { items: [], histories, head, next: goesOn };

  const top = contentsPrefix(idOf(run.first));
  const to = after?.startsWith(top) ? after : endOf(top);
  const range: Range = {
    from: contentsPrefix(idOf(run.last)),
    to,
    limit: Math.min(itemsFor(room, withStates ? head : undefined), ITEMS_PER_READ_MAX) + 1,
    descending: true,
  };
  const { items, more } = await core.store.query(box, range);
  const last = items.at(-1)?.sk;
  if (isStale(recent, items, beside, { from: (more && last) || range.from, to })) return undefined;
  const fresh = cursor.stateOwed ? items : items.filter(({ sk }) => sk !== after);
  const behindRun = run.last === lastHistory ? goesOn : range.from;
  return { items: fresh, histories, head, next: more ? last : behindRun };
}

/**
 * How many items fill so much room, when messages have as many states as in the whole box: what is read beyond that would
 * be read again for the next page.
 */
function itemsFor(room: number, head: Head | undefined): number {
  const { message = 0, messageState = 0 } = head?.counts ?? {};
  if (message === 0) return room;
  return Math.min(room, Math.max(Math.ceil(room / (1 + messageState / message)), ITEMS_PER_READ_MIN));
}

const headIn = (items: ReadonlyMap<string, StoredItem>): Head | undefined => {
  const head = items.get(HEAD_KEY);
  return head?.kind === 'head' ? head : undefined;
};

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
