import { COMMITS_BEHIND_MAX } from '../../protocol/limits.js';
import { withEffects } from '../log/overflow.js';
import { entriesAfter, type Tail } from '../log/tail.js';
import type { BoxId } from '../model/items.js';
import type { LogEntry } from '../model/log-entry.js';
import { ENTRY_MS } from '../model/timing.js';
import type { Core } from '../ports/core.js';
import type { Position } from './position.js';

/** Why a position could not be continued. */
export type LossReason = 'otherTimeline' | 'expired' | 'tooFarBehind' | 'noBox';

/** The entries behind a position, in line; `end`: they lead up to the head. */
export type LogReading =
  | { readonly kind: 'continued'; readonly entries: readonly LogEntry[]; readonly end: boolean }
  | { readonly kind: 'lost'; readonly why: LossReason };

/**
 * The log behind a position, as far as the tail has it in hand.
 * @param tail read from the position on, or from before it
 * @param ownCommits of the request itself, which the device is not behind
 */
export function logBehind(
  core: Core,
  tail: Tail | undefined,
  position: Position,
  ownCommits = 0,
): LogReading {
  const why = lossOf(core, tail, position, ownCommits);
  if (why || !tail) return { kind: 'lost', why: why ?? 'noBox' };
  const entries = behind(tail, position);
  return { kind: 'continued', entries, end: (entries.at(-1)?.index ?? position.index) >= tail.head.index };
}

/** The next entries behind an index, not beyond the tail: what the view is as of. */
export async function nextEntries(
  core: Core,
  box: BoxId,
  index: number,
  tail: Tail,
): Promise<readonly LogEntry[]> {
  const inHand = [...tail.following, ...tail.entries].filter((entry) => entry.index > index);
  const isNext = inHand[0]?.index === index + 1;
  const entries = isNext ? lineOf(inHand, index) : await entriesAfter(core, box, index);
  return withEffects(
    core,
    box,
    entries.filter((entry) => entry.index <= tail.head.index),
  );
}

const behind = ({ following, entries, head }: Tail, { index }: Position): LogEntry[] => {
  const after = following.filter((entry) => entry.index > index);
  const all = after.length > 0 ? after : entries.filter((entry) => entry.index > index);
  return lineOf(all, index).filter((entry) => entry.index <= head.index);
};

const lineOf = (entries: readonly LogEntry[], index: number): LogEntry[] =>
  entries.filter((entry, i) => entry.index === index + 1 + i);

/** Why the log does not lead on from the position; undefined: it does. */
function lossOf(
  core: Core,
  tail: Tail | undefined,
  position: Position,
  ownCommits: number,
): LossReason | undefined {
  if (!tail) return 'noBox';
  const { head } = tail;
  const given = core.timeline ?? 0;
  const resetsBefore = given > head.timeline ? given : head.resetsBefore;
  if (position.timeline < resetsBefore || head.index < position.index) return 'otherTimeline';
  const entries = behind(tail, position);
  const [first] = entries;
  const leadsOn =
    head.index === position.index ? head.nonce === position.nonce : first?.previous === position.nonce;
  if (first === undefined && head.index > position.index) return 'expired';
  if (!leadsOn) return 'otherTimeline';
  // Rule: an entry past its time counts as expired, whether the database has removed it or not.
  if (first && core.clock.now() - first.atMs > ENTRY_MS) return 'expired';
  const commitsBehind = head.modSeq - position.modSeq - ownCommits;
  return !position.midway && commitsBehind > COMMITS_BEHIND_MAX ? 'tooFarBehind' : undefined;
}
