import type { Commit, Head } from '../../model/items.js';

/** A commit that is older than this is written in full: nothing of it can still be on its way. */
export const SETTLED_MS = 60_000;

/** One look at the log: commits in line, the head where it was seen, and what stands behind a gap. */
export interface Look {
  readonly commits: readonly Commit[];
  readonly head: Head | undefined;
  readonly goesOn: boolean; // beyond what was read
  readonly gap?: { readonly missingAtMs: number }; // time of the last row that is missing, as what follows it knows
}

/** Rule 2: each next row is one more. A row that is missing is a gap; between the last row and the head, too. */
export function inLine(
  commits: readonly Commit[],
  head: Head | undefined,
  goesOn: boolean,
  since: number,
): Look {
  const broken = commits.findIndex((commit, i) => commit.modSeq !== since + 1 + i);
  const next = commits[broken];
  if (next)
    return { commits: commits.slice(0, broken), head, goesOn, gap: { missingAtMs: next.previousAtMs } };
  // With rows at hand there is something to tell; whether the next one is missing shows when it is asked for.
  const isApart = head !== undefined && commits.length === 0 && head.modSeq !== since;
  return { commits, head, goesOn, ...(isApart && { gap: { missingAtMs: head.atMs } }) };
}

/** Rule 2, where a gap stays: it is a hole when what is missing is old, and else a write under way. */
export const isHole = ({ gap }: Look, nowMs: number): boolean =>
  gap !== undefined && nowMs - gap.missingAtMs > SETTLED_MS;
