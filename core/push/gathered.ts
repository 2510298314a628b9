import { COMMITS_BEHIND_MAX } from '../../protocol/limits.js';
import type { Core } from '../core.js';
import type { DeviceRecord } from '../ports/registry.js';
import { withCurrentPolicies } from '../scope/policies.js';
import type { BoxId, Commit, Head } from '../model/items.js';
import { commitKey, HEAD_KEY } from '../model/keys.js';
import { isCommit, isHead, liveHead } from '../read/read-log.js';
import { withoutLostPosition } from './lost-position.js';
import { Tally } from './tally.js';

const COMMITS_PER_READ = 100;
/** A device further behind than the log leads on from would be reset: beyond it nothing is counted. */
const COMMITS_COUNTED_MAX = COMMITS_BEHIND_MAX;

/** A device as of the policies of now, and what it has not synchronized. */
export interface Gathered {
  readonly device: DeviceRecord;
  readonly tally: Tally;
}

/**
 * What has gathered for a device: the last commits that it has not synchronized, at most COMMITS_COUNTED_MAX.
 * Undefined: the box is erased. Commits and head come by one query, since the head sorts behind them: it is not older
 * than the record, which was read before.
 */
export async function gather(core: Core, record: DeviceRecord): Promise<Gathered | undefined> {
  const { box } = record;
  let [current, page] = await Promise.all([
    withCurrentPolicies(core, record),
    readPage(core, box, record.syncedModSeq),
  ]);
  const head = page.head ?? (page.more ? await liveHead(core, box) : undefined);
  if (!head) return undefined;
  const device = await withoutLostPosition(core, current, head);
  const since = Math.max(device.syncedModSeq, head.modSeq - COMMITS_COUNTED_MAX);
  if (since !== record.syncedModSeq) page = await readPage(core, box, since);
  const tally = new Tally(device, core.clock.now());
  for (;;) {
    for (const commit of page.commits) tally.add(commit);
    const last = page.commits.at(-1);
    if (!page.more || !last) return { device, tally };
    page = await readPage(core, box, last.modSeq);
  }
}

interface Page {
  readonly commits: readonly Commit[];
  readonly head: Head | undefined;
  readonly more: boolean;
}

async function readPage(core: Core, box: BoxId, since: number): Promise<Page> {
  const range = { from: commitKey(since + 1), to: HEAD_KEY, limit: COMMITS_PER_READ };
  const { items, more } = await core.store.query(box, range);
  return { commits: items.filter(isCommit), head: items.find(isHead), more };
}
