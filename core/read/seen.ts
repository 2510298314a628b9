import type { Core } from '../core.js';
import type { BoxId, Commit } from '../model/items.js';
import { commitKey } from '../model/keys.js';
import { SyncProblem } from '../model/sync-problem.js';
import type { Position, Seen } from './position.js';
import { readHead } from './read-log.js';

const UNSEEN_WAITS_MS = [50, 100, 200];

/**
 * What a response shows that its position does not tell of yet. A backfill sees the box as it is, and so does whoever
 * fetches an element, while the log is told later; a commit may be told in part.
 */
export class Sight {
  private latest = 0;

  /** Something was seen as commit `modSeq` left it, which may also be that it is no more. */
  note(modSeq: number): void {
    this.latest = Math.max(this.latest, modSeq);
  }

  /** The last commit of which something was shown; no later than the position where nothing was ahead of it. */
  beyond({ modSeq, rows }: Pick<Position, 'modSeq' | 'rows'>): number {
    return Math.max(this.latest, rows > 0 ? modSeq + 1 : modSeq);
  }
}

/**
 * Rule: as long as a device was shown what its position does not tell of, its synchronization goes on, and its token names
 * a commit that is not older than all of that. Undefined: the position tells of everything.
 * @throws SyncProblem `busy` when that commit is still on its way.
 */
export async function seenBeyond(
  core: Core,
  box: BoxId,
  position: Position,
  sight: Sight,
): Promise<Seen | undefined> {
  const latest = sight.beyond(position);
  const before = position.seen && position.seen.modSeq > position.modSeq ? position.seen : undefined;
  if (latest <= Math.max(position.modSeq, before?.modSeq ?? 0)) return before;
  for (const ms of [0, ...UNSEEN_WAITS_MS]) {
    if (ms > 0) await core.clock.sleep(ms);
    const head = await readHead(core, box);
    if (head && head.modSeq >= latest) return { modSeq: head.modSeq, nonce: head.nonce };
  }
  throw new SyncProblem('busy', { detail: 'a commit is not visible yet', retryAfterSeconds: 1 });
}

/**
 * Rule: what a device was shown beyond its position is of this box's past, else the box was restored to a commit between
 * the two: the position is still of its past then, and what was shown is not.
 * @param commits behind the position, as far as they were read
 */
export async function isOfThisTimeline(
  core: Core,
  box: BoxId,
  { modSeq, seen }: Position,
  commits: readonly Commit[],
): Promise<boolean> {
  if (!seen || seen.modSeq <= modSeq) return true;
  const read = commits.find((commit) => commit.modSeq === seen.modSeq);
  if (read) return read.nonce === seen.nonce;
  const key = commitKey(seen.modSeq);
  for (const ms of [0, ...UNSEEN_WAITS_MS]) {
    if (ms > 0) await core.clock.sleep(ms);
    const [found] = (await core.store.get(box, [key])).values();
    if (found) return found.kind === 'commit' && found.nonce === seen.nonce;
  }
  return false;
}
