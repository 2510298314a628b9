import type { Core } from '../core.js';
import type { BoxId, ChangeRow, StoredItem } from '../store/items.js';
import { commitKey, conversationKey, HEAD_KEY } from '../store/keys.js';
import { rowKey } from '../store/row-key.js';
import { SyncProblem } from '../sync-problem.js';
import { isCommit, SETTLED_MS } from './read-log.js';

const COMMITS_PER_READ = 100;

/** The commits up to a position: by key of an item, the last of the recent ones that wrote it. */
export interface Recent {
  readonly modSeq: number; // up to which the commits were told
  readonly writes: ReadonlyMap<string, number>;
}

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
      if (commit.atMs < since) return { modSeq, writes: recent };
      if (commit.modSeq !== upTo) throw notVisible();
      for (const row of commit.rows) {
        for (const key of [rowKey(row), ...notesOf(row)]) {
          if (!recent.has(key)) recent.set(key, commit.modSeq);
        }
      }
      upTo--;
    }
    if (!more && upTo > 0) throw notVisible();
  }
  return { modSeq, writes: recent };
}

/** Items that a row changed beside its own: the conversation history notes that a session history is being emptied. */
const notesOf = ({ type, removed, conversationId }: ChangeRow): string[] =>
  type === 'sessionHistory' && removed && conversationId !== undefined
    ? [conversationKey(conversationId)]
    : [];

const notVisible = () =>
  new SyncProblem('busy', { detail: 'a commit is not visible yet', retryAfterSeconds: 1 });

/** In the order of keys, UTF-8 bytes; strings themselves compare by UTF-16 code units. */
const isAtMost = (a: string, b: string): boolean => Buffer.compare(Buffer.from(a), Buffer.from(b)) <= 0;

/** Whether items that were read miss something of a recent commit: one is older than it should be, or not there at all. */
export function isStale(
  recent: Recent,
  items: readonly StoredItem[],
  others: ReadonlyMap<string, StoredItem>,
  { from, to }: { from: string; to: string },
): boolean {
  if (recent.writes.size === 0) return false;
  const head = others.get(HEAD_KEY);
  if (head?.kind === 'head' && head.modSeq < recent.modSeq) return true;
  const seen = new Map([...others.values(), ...items].map((item) => [item.sk, item.version]));
  const isRead = (key: string) => others.has(key) || (isAtMost(from, key) && isAtMost(key, to));
  return [...recent.writes].some(([key, version]) => isRead(key) && (seen.get(key) ?? 0) < version);
}
