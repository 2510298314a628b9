import type { Core } from '../core.js';
import type { BoxId, StoredItem } from '../store/items.js';
import { commitKey } from '../store/keys.js';
import { rowKey } from '../store/row-key.js';
import { SyncProblem } from '../sync-problem.js';
import { isCommit, SETTLED_MS } from './read-log.js';

const COMMITS_PER_READ = 100;

/** By key of an item: the last of the recent commits that wrote it. */
export type Recent = ReadonlyMap<string, number>;

/**
 * What commits up to a position wrote so recently that a reader may still miss part of it. A query gives each item as
 * it is, but not all items as of one moment, so a backfill may see one element of such a commit and not the other;
 * the log will not tell of it again, since the position lies behind.
 * @throws SyncProblem `busy` when the log cannot be read without gap.
 */
export async function recentCommits(core: Core, box: BoxId, modSeq: number): Promise<Recent> {
  const recent = new Map<string, number>();
  const since = core.clock.now() - SETTLED_MS;
  for (let upTo = modSeq; upTo > 0; ) {
    const range = { from: commitKey(1), to: commitKey(upTo), limit: COMMITS_PER_READ, descending: true };
    const { items, more } = await core.store.query(box, range);
    for (const commit of items.filter(isCommit)) {
      if (commit.atMs < since) return recent;
      if (commit.modSeq !== upTo) throw notVisible();
      for (const row of commit.rows) {
        const key = rowKey(row);
        if (!recent.has(key)) recent.set(key, commit.modSeq);
      }
      upTo--;
    }
    if (!more && upTo > 0) throw notVisible();
  }
  return recent;
}

const notVisible = () =>
  new SyncProblem('busy', { detail: 'a commit is not visible yet', retryAfterSeconds: 1 });

/** Whether items that were read miss something of a recent commit: one is older than it should be, or not there at all. */
export function isStale(
  recent: Recent,
  items: readonly StoredItem[],
  others: ReadonlyMap<string, StoredItem>,
  { from, to }: { from: string; to: string },
): boolean {
  if (recent.size === 0) return false;
  const seen = new Map([...others.values(), ...items].map((item) => [item.sk, item.version]));
  const isRead = (key: string) => others.has(key) || (from <= key && key <= to);
  return [...recent].some(([key, version]) => isRead(key) && (seen.get(key) ?? 0) < version);
}
