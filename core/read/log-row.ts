import type { ChangeRow, Commit } from '../model/log-entry.js';

/** A row of the log, with its commit and its place in the commit. */
export interface LogRow {
  readonly commit: Commit;
  readonly at: number; // index of the row in the commit
  readonly row: ChangeRow;
}

/** The rows of entries in their order, without the first `rowsSent`. */
export const logRowsAfter = (commits: readonly Commit[], rowsSent: number): LogRow[] =>
  commits.flatMap((commit) => commit.rows.map((row, at) => ({ commit, at, row }))).slice(rowsSent);
