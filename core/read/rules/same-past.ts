import type { Commit, Head } from '../../model/items.js';
import type { Position } from '../position.js';

/**
 * Rule 1: the log leads on from a position whose commit the row behind it names by its nonce, or that is the head by number
 * and nonce; else the box has another past by now. A head behind the position was waited for like a gap, since a reader may
 * see a commit before it sees the head.
 * @param first the row behind the position, where there is one
 */
export function isOfSamePast(
  { modSeq, nonce }: Pick<Position, 'modSeq' | 'nonce'>,
  first: Commit | undefined,
  head: Head | undefined,
): boolean {
  const leadsOn = first ? first.previous === nonce : head?.modSeq !== modSeq || head.nonce === nonce;
  return leadsOn && (head === undefined || head.modSeq >= modSeq);
}
