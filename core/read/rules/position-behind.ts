import type { Commit } from '../../model/log-entry.js';
import type { Line } from '../line.js';
import type { Position } from '../position.js';

/**
 * Rule 5: the position is a commit and a row in it. It goes past all rows that were looked at, those too that gave nothing
 * to tell, and stays before the first that was not.
 * @param lines all that lie behind `position`, of which the first `told` were looked at
 */
export function positionBehind(
  position: Position,
  lines: readonly Line[],
  told: number,
  commits: readonly Commit[],
): Position {
  if (told === 0 && lines.length > 0) return position;
  const { itemized: _, ...rest } = position;
  const next = lines[told];
  if (next) {
    const { index, modSeq, previous } = next.commit;
    return { ...rest, index: index - 1, modSeq: modSeq - 1, nonce: previous, rows: next.at };
  }
  const last = commits.at(-1);
  return last ? { ...rest, index: last.index, modSeq: last.modSeq, nonce: last.nonce, rows: 0 } : position;
}
