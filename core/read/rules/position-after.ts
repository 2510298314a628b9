import type { Commit } from '../../model/log-entry.js';
import type { LogRow } from '../log-row.js';
import type { Position } from '../position.js';

/** Rows after a position, with the commits that contain them; the first `done` of the rows were examined. */
export interface ExaminedRows {
  readonly commits: readonly Commit[];
  readonly rows: readonly LogRow[];
  readonly done: number;
}

/**
 * Rule 5: a position is a commit and a row in it. It passes all rows that were examined, including those that gave
 * nothing to send, and stops before the first row that was not.
 */
export function positionAfter(position: Position, { commits, rows, done }: ExaminedRows): Position {
  if (done === 0 && rows.length > 0) return position;
  const { expandedUpTo: _, ...rest } = position;
  const next = rows[done];
  if (next) {
    const { index, modSeq, previous } = next.commit;
    return { ...rest, index: index - 1, modSeq: modSeq - 1, nonce: previous, rowsSent: next.at };
  }
  const last = commits.at(-1);
  return last
    ? { ...rest, index: last.index, modSeq: last.modSeq, nonce: last.nonce, rowsSent: 0 }
    : position;
}
