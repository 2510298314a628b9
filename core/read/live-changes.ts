import type { Change } from '../../protocol/elements/element.js';
import type { LogEntry } from '../model/log-entry.js';
import { logRowsAfter } from './log-row.js';
import { logSliceOf, type SliceContext } from './log-slice.js';
import { isKnownToDevice } from './own-writes.js';
import type { Position } from './position.js';
import { changeInScope, ownWritesOutOfScope } from './rules/change-in-scope.js';
import { latestOfEach } from './rules/latest-of-each.js';
import { positionAfter } from './rules/position-after.js';

/** The changes that one slice of the log gives, and the position after it. */
export interface LiveChanges {
  readonly changes: readonly Change[];
  readonly position: Position;
  readonly isComplete: boolean; // all rows were examined
  readonly isExpandedNext: boolean; // the next row is an expanded removal
}

/** Entries directly after a position. `sendsAll`: changes that the device knows are sent as well. */
export interface LogSection {
  readonly position: Position;
  readonly entries: readonly LogEntry[];
  readonly sendsAll: boolean;
}

/**
 * Turns log entries into changes, as many as the page has room for. An element that changed more than once is sent once,
 * in its latest state. Rows that a removal covers are omitted.
 */
export function liveChanges(context: SliceContext, { position, entries, sendsAll }: LogSection): LiveChanges {
  const rows = logRowsAfter(entries, position.rowsSent);
  const slice = logSliceOf(context, rows);
  const sent = latestOfEach(slice.rows).filter((of) => sendsAll || !isKnownToDevice(context, of));
  const { movedIn } = slice;
  const changes = sent.flatMap((of) => changeInScope(context, slice, of) ?? []);
  return {
    changes: [...changes, ...ownWritesOutOfScope(context, slice, changes)],
    position: {
      ...positionAfter(position, { commits: entries, rows, done: slice.rows.length }),
      ...(movedIn !== undefined && { contents: { conversationId: movedIn } }),
    },
    isComplete: slice.rows.length === rows.length,
    isExpandedNext: slice.isExpandedNext ?? false,
  };
}
