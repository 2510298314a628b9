import { withEffects } from '../log/overflow.js';
import type { LogEntry } from '../model/log-entry.js';
import { sendContents } from './backfill.js';
import { isExpandedRemoval, putExpandedRemoval } from './expanded-removal.js';
import { liveChanges } from './live-changes.js';
import { logRowsAfter } from './log-row.js';
import type { Position, ScopeSpan } from './position.js';
import { nextEntries } from './read-log.js';
import type { Resume } from './start.js';
import { READS_MAX, type SyncContext } from './sync-context.js';

/** The position after the changes that were emitted. `isComplete`: the log has nothing after it. */
export interface Emitted {
  readonly position: Position;
  readonly isComplete: boolean;
}

/**
 * Puts changes from the log on the page, as far as there is room. The contents of a conversation history that moves into
 * the scope follow directly after the row that moved it.
 */
export async function emitFromLog(context: SyncContext, start: Resume): Promise<Emitted> {
  const { core, box, tail, scope, page } = context;
  let { position } = start;
  let entries: readonly LogEntry[] = await withEffects(core, box, start.entries);
  let sendsAll = isFilling(position.scope);
  for (let turns = 0; turns < READS_MAX; turns++) {
    if (position.contents) {
      const contents = await sendContents(context, position.contents);
      position = withContents(position, contents);
      if (contents) return { position, isComplete: false };
    }
    entries = await readAhead(context, position, entries);
    const isEnd = (entries.at(-1)?.index ?? position.index) >= tail.head.index;
    const [next] = logRowsAfter(entries, position.rowsSent);
    if (next && page.room.elements > 0 && isExpandedRemoval(next.row, scope)) {
      const { upTo, isDone } = await putExpandedRemoval(context, next, position.expandedUpTo);
      position = { ...position, expandedUpTo: upTo };
      if (!isDone || page.isFull) return { position, isComplete: false };
    }
    if (entries.length === 0) return { position, isComplete: isEnd };
    if (page.room.elements < 1) return { position, isComplete: false };
    const live = liveChanges(context, { position, entries, sendsAll });
    page.put(live.changes);
    const hasMoved = live.position.index !== position.index || live.position.rowsSent !== position.rowsSent;
    position = live.position;
    sendsAll = true; // the page may already have a change of the same element by another commit
    if (!position.contents && !live.isExpandedNext) return { position, isComplete: live.isComplete && isEnd };
    if (!hasMoved) return { position, isComplete: false };
  }
  return { position, isComplete: false };
}

/** The backfill of a scope is not complete. Own changes are sent too then, since the backfill may send these elements. */
const isFilling = ({ isFirst, from, to }: ScopeSpan): boolean => isFirst || from.version !== to.version;

/** Entries after a position, enough for as many changes as the page has room for, up to the head of the tail. */
async function readAhead(
  context: SyncContext,
  position: Position,
  inHand: readonly LogEntry[],
): Promise<readonly LogEntry[]> {
  const rowsWanted = Math.max(1, context.page.room.elements);
  const entries = inHand.filter(({ index }) => index > position.index);
  const rows = () => entries.reduce((sum, entry) => sum + entry.rows.length, -position.rowsSent);
  for (;;) {
    const index = entries.at(-1)?.index ?? position.index;
    if (index >= context.tail.head.index || rows() >= rowsWanted) return entries;
    const next = await nextEntries(context, index);
    // Entries that were lost meanwhile show at the start of the next request.
    if (next.length === 0) return entries;
    entries.push(...next);
  }
}

const withContents = ({ contents: _, ...position }: Position, contents: Position['contents']): Position => ({
  ...position,
  ...(contents && { contents }),
});
