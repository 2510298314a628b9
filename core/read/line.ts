import type { ChangeRow, Commit } from '../model/log-entry.js';

/** A row of the log and where it stands. */
export interface Line {
  readonly commit: Commit;
  readonly at: number; // index of the row in the commit
  readonly row: ChangeRow;
}

/** The lines behind a position. */
export const linesOf = (commits: readonly Commit[], rowsTold: number): Line[] =>
  commits.flatMap((commit) => commit.rows.map((row, at) => ({ commit, at, row }))).slice(rowsTold);
