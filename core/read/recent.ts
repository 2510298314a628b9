import type { Core } from '../core.js';
import { hasExpired } from '../model/expiry.js';
import type { BoxId, ChangeRow, Commit, StoredItem } from '../model/items.js';
import { commitKey, conversationKey, HEAD_KEY } from '../model/keys.js';
import { rowKey } from '../model/row-key.js';
import { SyncProblem } from '../model/sync-problem.js';
import { isCommit, readHead } from './read-log.js';
import { SETTLED_MS } from './rules/in-line.js';

const COMMITS_PER_READ = 100;
const UNSEEN_WAITS_MS = [50, 100, 200];

/** The commits up to a position: by key of an item, the last of the recent ones that wrote it. */
export interface Recent {
  readonly modSeq: number; // up to which the commits were told
  readonly writes: ReadonlyMap<string, Written>;
}

interface Written {
  readonly modSeq: number;
  readonly mayBeGone: boolean; // past its time: the database may have removed it
}

/**
 * What commits up to a position wrote so recently that a reader may still miss part of it. A query gives each item as
 * it is, but not all items as of one moment, so a backfill may see one element of such a commit and not the other;
 * the log will not tell of it again, since the position lies behind.
 * @throws SyncProblem `busy` when the log cannot be read without gap.
 */
export async function recentCommits(core: Core, box: BoxId, modSeq: number): Promise<Recent> {
  for (const ms of [0, ...UNSEEN_WAITS_MS]) {
    if (ms > 0) await core.clock.sleep(ms);
    const recent = await readRecent(core, box, modSeq);
    if (recent) return recent;
    core.report('logGap', { waitedMs: ms });
  }
  throw new SyncProblem('busy', { detail: 'a commit is not visible yet', retryAfterSeconds: 1 });
}

/** Undefined: a commit that is young, or may be, cannot be seen. */
async function readRecent(core: Core, box: BoxId, modSeq: number): Promise<Recent | undefined> {
  const writes = new Map<string, Written>();
  const nowMs = core.clock.now();
  const since = nowMs - SETTLED_MS;
  const head = await readHead(core, box);
  // A row is judged by its time as the one behind it knows it: it may have expired.
  let atMs = head?.modSeq === modSeq ? head.atMs : Number.POSITIVE_INFINITY;
  for (let upTo = modSeq; upTo > 0 && atMs >= since; ) {
    const range = { from: commitKey(1), to: commitKey(upTo), limit: COMMITS_PER_READ, descending: true };
    const { items } = await core.store.query(box, range);
    const [newest] = items;
    if (newest?.kind !== 'commit' || newest.modSeq !== upTo) {
      const isOld = upTo === modSeq && (await wasBefore(core, box, modSeq, since));
      return isOld ? { modSeq, writes } : undefined;
    }
    for (const commit of items.filter(isCommit)) {
      if (commit.modSeq !== upTo || commit.atMs < since) break;
      note(writes, commit, nowMs);
      upTo--;
      atMs = commit.previousAtMs;
    }
    if (newest.atMs < since) break;
  }
  return { modSeq, writes };
}

/** Whether a commit that cannot be seen is old, as the one behind it knows: then it has expired. */
async function wasBefore(core: Core, box: BoxId, modSeq: number, sinceMs: number): Promise<boolean> {
  const key = commitKey(modSeq + 1);
  const next = (await core.store.get(box, [key])).get(key);
  return next?.kind === 'commit' && next.previousAtMs < sinceMs;
}

function note(writes: Map<string, Written>, { modSeq, rows }: Commit, nowMs: number): void {
  for (const row of rows) {
    const written = { modSeq, mayBeGone: hasExpired(row, nowMs) };
    for (const key of [rowKey(row), ...notesOf(row)]) {
      if (!writes.has(key)) writes.set(key, written);
    }
  }
}

/** Items that a row changed beside its own: the conversation history notes that a deleted session history is being emptied. */
const notesOf = ({ type, removed, conversationId }: ChangeRow): string[] =>
  type === 'sessionHistory' && removed === 'deleted' && conversationId !== undefined
    ? [conversationKey(conversationId)]
    : [];

/** In the order of keys: by their bytes in UTF-8, which that of UTF-16 is not where there are surrogates. */
const isAtMost = (a: string, b: string): boolean =>
  SURROGATE.test(a) || SURROGATE.test(b) ? Buffer.compare(Buffer.from(a), Buffer.from(b)) <= 0 : a <= b;
const SURROGATE = /[\uD800-\uDFFF]/;

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
  const seen = new Map<string, number>();
  for (const read of [others.values(), items]) for (const { sk, version } of read) seen.set(sk, version);
  const isRead = (key: string) => others.has(key) || (isAtMost(from, key) && isAtMost(key, to));
  return [...recent.writes].some(([key, { modSeq, mayBeGone }]) => {
    if (!isRead(key)) return false;
    const version = seen.get(key);
    return version === undefined ? !mayBeGone : version < modSeq;
  });
}
