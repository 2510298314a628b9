import { COMMITS_BEHIND_MAX } from '../../protocol/limits.js';
import { beingErased } from '../model/being-erased.js';
import { COMMIT_MS } from '../model/timing.js';
import type { Core } from '../core.js';
import type { BoxId, Commit, Head, StoredItem } from '../model/items.js';
import { commitKey, HEAD_KEY } from '../model/keys.js';
import type { Position } from './position.js';
import { inLine, isHole, type Look } from './rules/in-line.js';
import { isOfSamePast } from './rules/same-past.js';

const GAP_WAITS_MS = [50, 100, 200];
/** Why a position could not be continued. */
export type LossReason = 'otherTimeline' | 'expired' | 'tooFarBehind' | 'noBox';

/** The commits behind a position, in line and without gap; `end`: they lead up to the head. */
export type LogReading =
  | { readonly kind: 'continued'; readonly commits: readonly Commit[]; readonly end: boolean }
  | { readonly kind: 'lost'; readonly why: LossReason };

/**
 * Reads the log behind a position, at most `limit` commits; what cannot be seen yet is waited for a little.
 * @param ownCommits of the request itself, which the device is not behind
 */
export async function readLog(
  core: Core,
  box: BoxId,
  position: Position,
  limit: number,
  ownCommits = 0,
): Promise<LogReading> {
  let look = await lookOnce(core, box, position, limit);
  for (const ms of GAP_WAITS_MS) {
    if (!look.gap) break;
    core.report('logGap', { waitedMs: ms });
    await core.clock.sleep(ms);
    look = await lookOnce(core, box, position, limit);
  }
  const why = lossOf(look, position, core.clock.now(), ownCommits);
  if (why) return { kind: 'lost', why };
  const { commits, head, gap } = look;
  const reached = position.modSeq + commits.length;
  return { kind: 'continued', commits, end: head !== undefined && !gap && reached >= head.modSeq };
}

async function lookOnce(core: Core, box: BoxId, position: Position, limit: number): Promise<Look> {
  // One more than the commits: the head, where all of them fit.
  const range = { from: commitKey(position.modSeq + 1), to: HEAD_KEY, limit: limit + 1 };
  const { items, more } = await core.store.query(box, range);
  // Only the start of a synchronization asks how far behind it is.
  if (items.some(isErasing)) throw beingErased();
  const head = items.find(isHead) ?? (position.midway ? undefined : await readHead(core, box));
  return inLine(items.filter(isCommit), head, more, position.modSeq);
}

/** The head of the box; undefined: there is no box. @throws SyncProblem `busy` while it is being erased. */
export const readHead = async (core: Core, box: BoxId): Promise<Head | undefined> =>
  headIn(await core.store.get(box, [HEAD_KEY]));

/** The same for whom a box that is being erased is none, as those who announce what has happened in it. */
export async function liveHead(core: Core, box: BoxId): Promise<Head | undefined> {
  const head = (await core.store.get(box, [HEAD_KEY])).get(HEAD_KEY);
  return head && isHead(head) ? head : undefined;
}

/** The head among items that were read with it. */
export function headIn(items: ReadonlyMap<string, StoredItem>): Head | undefined {
  const head = items.get(HEAD_KEY);
  if (head && isErasing(head)) throw beingErased();
  return head && isHead(head) ? head : undefined;
}

/** Why the log does not lead on from the position; undefined: it does, as far as it can be seen. */
function lossOf(look: Look, position: Position, nowMs: number, ownCommits: number): LossReason | undefined {
  const { commits, head, goesOn } = look;
  if (!head && !goesOn) return 'noBox';
  const [first] = commits;
  if (!isOfSamePast(position, first, head)) return 'otherTimeline';
  if (isHole(look, nowMs)) return 'expired';
  // Rule: a row past its time counts as expired, whether the database has removed it or not.
  if (first && nowMs - first.atMs > COMMIT_MS) return 'expired';
  const behind = (head?.modSeq ?? 0) - position.modSeq - ownCommits;
  if (!position.midway && behind > COMMITS_BEHIND_MAX) return 'tooFarBehind';
  return undefined;
}

const isErasing = (item: StoredItem): boolean => item.kind === 'erasing';
export const isHead = (item: StoredItem): item is Head => item.kind === 'head';
export const isCommit = (item: StoredItem): item is Commit => item.kind === 'commit';
