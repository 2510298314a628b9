import { COMMITS_BEHIND_MAX } from '../../protocol/limits.js';
import { withEffects } from '../log/overflow.js';
import { entriesAfter, type Tail } from '../log/tail.js';
import { isRestoredSince, timelineNow } from '../log/timeline.js';
import type { LogEntry } from '../model/log-entry.js';
import { ENTRY_MS } from '../model/timing.js';
import type { Core } from '../ports/core.js';
import type { Position } from './position.js';
import type { SyncContext } from './sync-context.js';

/** Why a synchronization cannot resume from a position. */
export type LossReason = 'otherTimeline' | 'expired' | 'tooFarBehind';

/** The entries that directly follow a position. */
export type LogContinuation =
  | { readonly kind: 'continued'; readonly entries: readonly LogEntry[] }
  | { readonly kind: 'lost'; readonly why: LossReason };

/**
 * The log after a position, as far as the tail has read it.
 * @param tail read from the position on, or from before it
 * @param ownCommits commits of the request itself, which do not count as missed
 */
export function logAfter(
  core: Pick<Core, 'clock' | 'timeline'>,
  tail: Tail,
  position: Position,
  ownCommits = 0,
): LogContinuation {
  const why = lossOf(core, tail, position, ownCommits);
  if (why) return { kind: 'lost', why };
  return { kind: 'continued', entries: entriesFollowing(tail, position) };
}

/** The next entries after an index, up to the head of the tail: the view does not show later ones. */
export async function nextEntries(
  { core, box, tail }: Pick<SyncContext, 'core' | 'box' | 'tail'>,
  index: number,
): Promise<readonly LogEntry[]> {
  const inHand = [...tail.following, ...tail.entries].filter((entry) => entry.index > index);
  const isNext = inHand[0]?.index === index + 1;
  const entries = isNext ? consecutive(inHand, index) : await entriesAfter(core, box, index);
  return withEffects(
    core,
    box,
    entries.filter((entry) => entry.index <= tail.head.index),
  );
}

const entriesFollowing = ({ following, entries, head }: Tail, { index }: Position): LogEntry[] => {
  const after = following.filter((entry) => entry.index > index);
  const all = after.length > 0 ? after : entries.filter((entry) => entry.index > index);
  return consecutive(all, index).filter((entry) => entry.index <= head.index);
};

/** The entries that follow an index without a gap. */
const consecutive = (entries: readonly LogEntry[], index: number): LogEntry[] =>
  entries.filter((entry, i) => entry.index === index + 1 + i);

/** Why the log does not continue the position; undefined: it does. */
function lossOf(
  core: Pick<Core, 'clock' | 'timeline'>,
  tail: Tail,
  position: Position,
  ownCommits: number,
): LossReason | undefined {
  const { head } = tail;
  const resetsBefore = isRestoredSince(core, head) ? timelineNow(core, head) : head.resetsBefore;
  if (position.timeline < resetsBefore || head.index < position.index) return 'otherTimeline';
  const [first] = entriesFollowing(tail, position);
  const isContinued =
    head.index === position.index ? head.nonce === position.nonce : first?.previous === position.nonce;
  if (first === undefined && head.index > position.index) return 'expired';
  if (!isContinued) return 'otherTimeline';
  // Rule: an entry past its time counts as expired, even if the database has not removed it yet.
  if (first && core.clock.now() - first.atMs > ENTRY_MS) return 'expired';
  const missed = head.modSeq - position.modSeq - ownCommits;
  return !position.incomplete && missed > COMMITS_BEHIND_MAX ? 'tooFarBehind' : undefined;
}
