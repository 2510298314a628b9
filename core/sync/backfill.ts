import type { Change } from '../../protocol/elements/element.js';
import type { ConversationId } from '../../protocol/ids.js';
import type { Core } from '../core.js';
import type { BoxId, Head, StoredItem } from '../store/items.js';
import { CONVERSATIONS, conversationKey, endOf, FOLDERS, HEAD_KEY } from '../store/keys.js';
import type { Range } from '../store/store.js';
import { elementOf, jsonBytes, stateElementOf } from '../store/wire.js';
import { type Budget, elementKey } from './changes.js';
import type { BackfillCursor } from './position.js';
import { isStale, type Recent } from './recent.js';

const CONTENTS = 'E#';
const STALE_WAITS_MS = [50, 100, 200];
/** Items read at a time; a database page holds about as many of usual size. */
const ITEMS_PER_READ_MAX = 1000;

type Stage = BackfillCursor['stage'];

/** The stages in their order, each a stretch of the box. Contents go backwards: of a conversation the newest come first. */
const STAGES: Record<Stage, { prefix: string; descending: boolean; next?: Stage }> = {
  folders: { prefix: FOLDERS, descending: false, next: 'conversations' },
  conversations: { prefix: CONVERSATIONS, descending: false, next: 'contents' },
  contents: { prefix: CONTENTS, descending: true },
};

/** The start of a backfill of everything the box holds. */
export function startOfBackfill({ counts }: Head): BackfillCursor {
  const total = Object.values(counts).reduce((sum: number, count: number) => sum + count, 0);
  return { stage: 'folders', sent: 0, total };
}

export interface BackfillPage {
  readonly changes: readonly Change[];
  readonly cursor: BackfillCursor | undefined; // undefined: all was sent
  readonly sent: number; // in all, with this page
}

/**
 * The next elements of a backfill, as many as the budget holds.
 * @param recent commits at or before the device's position that may not be visible in full yet
 * @param told elements that the response holds already, with a state not older than the box's
 */
export async function backfillPage(
  core: Core,
  box: BoxId,
  start: BackfillCursor,
  budget: Budget,
  recent: Recent,
  told: ReadonlySet<string>,
): Promise<BackfillPage> {
  const page = new Page(budget, told);
  let cursor: BackfillCursor | undefined = start;
  while (cursor && page.room > 0 && !page.isFull) {
    const read: Read | undefined = await readSettled(core, box, cursor, page.room, recent);
    if (!read) break; // a commit under way hides something here: stay before it, and let the client come again
    cursor = fill(page, read, cursor);
  }
  const sent = start.sent + page.changes.length;
  return {
    changes: page.changes,
    cursor: cursor && { ...cursor, sent, total: Math.max(sent, start.total) },
    sent,
  };
}

/** The page in the making. */
class Page {
  readonly changes: Change[] = [];
  private bytes = 0;
  isFull = false;

  constructor(
    private readonly budget: Budget,
    private readonly told: ReadonlySet<string>,
  ) {}

  get room(): number {
    return this.budget.elements - this.changes.length;
  }

  /** False where there is no room for it; the first always finds room, so that each response gets on. */
  add(change: Change): boolean {
    if (this.told.has(elementKey(change))) return true;
    const bytes = this.bytes + jsonBytes(change);
    if (this.room < 1 || (this.changes.length > 0 && bytes > this.budget.bytes)) {
      this.isFull = true;
      return false;
    }
    this.bytes = bytes;
    this.changes.push(change);
    return true;
  }
}

interface Read {
  readonly items: readonly StoredItem[];
  readonly histories: ReadonlyMap<string, StoredItem>; // of the contents read
  readonly head: Head | undefined;
  readonly more: boolean;
}

/** Puts what was read on the page, as far as there is room, and says where to go on. */
function fill(page: Page, read: Read, cursor: BackfillCursor): BackfillCursor | undefined {
  let after = cursor.after;
  for (const item of read.items) {
    const owed = item.sk === cursor.after; // read again for the state that had no room
    if (isDead(item, read)) {
      after = item.sk;
      continue;
    }
    if (!owed && 'data' in item && !page.add(elementOf(item))) return { ...cursor, ...at(after) };
    const state = item.kind === 'message' ? stateElementOf(item) : undefined;
    after = item.sk;
    if (state && !isEmpty(state) && !page.add(state)) return { ...cursor, ...at(after), stateOwed: true };
  }
  if (read.more) return { ...cursor, ...at(after), stateOwed: false };
  const { next } = STAGES[cursor.stage];
  return next && { stage: next, sent: cursor.sent, total: cursor.total };
}

const at = (after: string | undefined) => (after === undefined ? {} : { after, stateOwed: false });

const isEmpty = (state: { flags?: readonly string[]; dispositions?: readonly unknown[] }) =>
  (state.flags ?? []).length === 0 && (state.dispositions ?? []).length === 0;

/** Deleted, or in a container that is deleted, or of an earlier life of its conversation history. */
function isDead(item: StoredItem, { histories, head }: Pick<Read, 'histories' | 'head'>): boolean {
  switch (item.kind) {
    case 'conversationHistory':
      return head?.emptying?.some(({ id }) => id === item.data.folderId) ?? false;
    case 'sessionHistory':
    case 'message': {
      const history = histories.get(conversationKey(item.conversationId));
      if (history?.kind === 'tombstone') return true;
      if (history?.kind !== 'conversationHistory') return false; // not visible yet; it comes after its contents
      const { sessionId } = item.kind === 'message' ? item.data : {};
      return (
        item.modSeq < history.data.createdModSeq ||
        isDead(history, { histories, head }) ||
        (history.emptying?.some(({ id }) => id === sessionId) ?? false)
      );
    }
    default:
      return item.kind !== 'folder';
  }
}

/** Reads on from the cursor until no commit at or before the position is seen in part; undefined when it stays so. */
async function readSettled(
  core: Core,
  box: BoxId,
  cursor: BackfillCursor,
  room: number,
  recent: Recent,
): Promise<Read | undefined> {
  for (const ms of [0, ...STALE_WAITS_MS]) {
    if (ms > 0) await core.clock.sleep(ms);
    const range = rangeOf(cursor, room);
    const { items, more } = await core.store.query(box, range);
    // Notes of what is being emptied stay until long after it is empty, so that what was read before them is covered.
    const beside = await core.store.get(box, [HEAD_KEY, ...historyKeys(items)]);
    const head = beside.get(HEAD_KEY);
    const last = more ? items.at(-1)?.sk : undefined;
    if (!isStale(recent, items, beside, stretch(range, last))) {
      const fresh = cursor.stateOwed ? items : items.filter(({ sk }) => sk !== cursor.after);
      return { items: fresh, histories: beside, head: head?.kind === 'head' ? head : undefined, more };
    }
    core.report('backfillUnsettled', { waitedMs: ms });
  }
  return undefined;
}

/** Both ends are included in a range, so the last item sent is read once more. */
function rangeOf({ stage, after }: BackfillCursor, room: number): Range {
  const { prefix, descending } = STAGES[stage];
  const limit = Math.min(room, ITEMS_PER_READ_MAX) + 1;
  return descending
    ? { from: prefix, to: after ?? endOf(prefix), limit, descending }
    : { from: after ?? prefix, to: endOf(prefix), limit };
}

/** The keys that were read for certain: up to the last item, or to the end of the range. */
function stretch({ from, to, descending }: Range, last: string | undefined) {
  if (last === undefined) return { from, to };
  return descending ? { from: last, to } : { from, to: last };
}

const historyKeys = (items: readonly StoredItem[]): string[] => [
  ...new Set(
    items.flatMap((item) =>
      item.kind === 'message' || item.kind === 'sessionHistory'
        ? [conversationKey(item.conversationId as ConversationId)]
        : [],
    ),
  ),
];
