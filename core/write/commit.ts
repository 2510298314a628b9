import { backOff } from '../ports/back-off.js';
import { beingErased } from '../model/being-erased.js';
import type { Core } from '../core.js';
import { policyOf } from '../scope/policies.js';
import type { BoxId, ChangeRow, Commit, FolderName, Head, Origin, StoredItem } from '../model/items.js';
import { commitKey, endOf, FOLDER_NAMES, HEAD_KEY } from '../model/keys.js';
import { SNAPSHOT_KEYS_MAX, SnapshotTooLarge, type Write } from '../ports/store.js';
import { SyncProblem } from '../model/sync-problem.js';
import { boxCreation, newNonce } from './box-creation.js';
import { Draft, Unread, UnreadFolders } from './draft.js';
import { COMMIT_MS } from '../model/timing.js';
import { countsAfter, rowsOf } from './log-rows.js';

const ATTEMPTS_MAX = 6;
const NAMES_PER_READING = 1000; // a box has some 500
const BUSY_RETRY_AFTER_SECONDS = 1;

/** What was read at one moment, and the commit that may follow. */
export interface Reading {
  readonly stored: ReadonlyMap<string, StoredItem>;
  readonly draft: Draft;
}

/** What one attempt decided. Without staged changes no commit is made; `writes` are made all the same. */
export interface Decision<T> {
  readonly answer: T;
  readonly origin: Origin;
  readonly writes: readonly Write[];
}

/** Keys that decide, and the decision on what stands under them; made anew for each attempt. */
export interface Intent<T> {
  readonly keys: readonly string[];
  readonly onMissingBox: 'create' | 'refuse' | { readonly answer: T };
  decide(reading: Reading): Decision<T>;
}

/** A write whose answer never came: if its commit is found, it was done. */
interface Unanswered<T> {
  readonly commit: Commit;
  readonly answer: T;
}

/** Read behind a head: they say what is there as long as it is the head. */
interface AllFolders {
  readonly asOf: Head['nonce'];
  readonly names: readonly FolderName[];
}

/**
 * Reads, decides, writes; again from the start when another commit came in between. All commits of a box replace the
 * head they have read, so they are in one line: what was decided on holds at the moment of the write.
 * @throws SyncProblem `busy` when the box stayed contended for all attempts, `device-not-registered` when there is no box,
 * `too-many-requests` when the database takes no more for it.
 */
export async function commit<T>(core: Core, box: BoxId, intent: Intent<T>): Promise<T> {
  const keys = new Set([HEAD_KEY, ...intent.keys]);
  const unanswered: Unanswered<T>[] = [];
  let isUnknown = false; // whether an attempt was done
  let folders: AllFolders | undefined;
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    if (attempt > 0) await backOff(core.clock, attempt);
    for (const { commit } of unanswered) keys.add(commit.sk);
    if (keys.size > SNAPSHOT_KEYS_MAX) throw new SnapshotTooLarge();
    const stored = await core.store.snapshot(box, [...keys]).catch((error) => {
      throw isUnknown ? notKnown(error) : error;
    });
    if (!stored) continue;
    const done = unanswered.find(({ commit }) => isThere(stored, commit));
    if (done) {
      const { rows, origin } = done.commit;
      core.report('commit', { changes: rows.length, by: origin.by, attempt });
      return done.answer;
    }

    const head = stored.get(HEAD_KEY);
    if (head?.kind !== 'head') {
      if (typeof intent.onMissingBox === 'object') return intent.onMissingBox.answer;
      if (head) throw beingErased();
      if (intent.onMissingBox === 'refuse') throw new SyncProblem('device-not-registered');
      if ((await core.store.write(box, boxCreation(core.clock.now()))) === 'written') attempt = -1;
      continue;
    }
    const policy = await policyOf(core, head.policyId);
    const names = folders?.asOf === head.nonce ? folders.names : undefined;
    const draft = new Draft(head, keys, stored, core.clock.now(), policy, names);
    let decision: Decision<T>;
    try {
      decision = intent.decide({ stored, draft });
    } catch (error) {
      const isLost = folders !== undefined && error instanceof UnreadFolders;
      if (error instanceof Unread) keys.add(error.key);
      else if (error instanceof UnreadFolders) folders = await allFolders(core, box, head);
      else throw error;
      // Not an attempt that was lost to others: the next one reads what this one asked for.
      if (!isLost) attempt = -1;
      continue;
    }
    const rows = rowsOf(draft);
    const made = rows.length > 0 ? commitOf(draft, rows, decision.origin) : undefined;
    const writes = [...decision.writes, ...(draft.size > 0 ? writesOf(draft, made) : [])];
    if (writes.length === 0) return decision.answer;
    try {
      if ((await core.store.write(box, writes)) === 'written') {
        core.report('commit', { changes: made?.rows.length ?? 0, by: decision.origin.by, attempt });
        return decision.answer;
      }
    } catch (error) {
      if (error instanceof SyncProblem) throw isUnknown ? notKnown(error) : error; // trying again is no help
      // Done or not: the next reading tells, by our nonce in the log, or for a device by its receipt.
      if (attempt === ATTEMPTS_MAX - 1) throw error;
      isUnknown = true;
      if (made) unanswered.push({ commit: made, answer: decision.answer });
      core.report('commitUnanswered', { attempt, error: error instanceof Error ? error.name : 'unknown' });
    }
  }
  throw new SyncProblem('busy', {
    detail: 'other writers were faster each time',
    retryAfterSeconds: BUSY_RETRY_AFTER_SECONDS,
  });
}

/** That nothing was done may be told only of all attempts: a 4xx says so, a 5xx does not. */
const notKnown = (error: unknown): unknown =>
  error instanceof SyncProblem ? new SyncProblem('unavailable', {}, { cause: error }) : error;

/**
 * All folders, by the guards of their names: there are as many of these as folders, however many were deleted. They are
 * read until there are no more, or a reading gets no further.
 */
async function allFolders(core: Core, box: BoxId, { nonce: asOf }: Head): Promise<AllFolders> {
  const names: FolderName[] = [];
  for (let from = FOLDER_NAMES; ; ) {
    const range = { from, to: endOf(FOLDER_NAMES), limit: NAMES_PER_READING };
    const { items, more } = await core.store.query(box, range);
    names.push(...items.filter((item) => item.kind === 'folderName'));
    const last = items.at(-1)?.sk;
    if (!more || last === undefined || last === from) return { asOf, names };
    from = last;
  }
}

const isThere = (stored: ReadonlyMap<string, StoredItem>, { sk, nonce }: Commit): boolean => {
  const item = stored.get(sk);
  return item?.kind === 'commit' && item.nonce === nonce;
};

function commitOf(draft: Draft, rows: readonly ChangeRow[], origin: Origin): Commit {
  return {
    kind: 'commit',
    sk: commitKey(draft.modSeq),
    version: draft.modSeq,
    modSeq: draft.modSeq,
    nonce: newNonce(),
    previous: draft.head.nonce,
    previousAtMs: draft.head.atMs,
    atMs: draft.nowMs,
    origin,
    rows,
    expiresAtMs: draft.nowMs + COMMIT_MS,
  };
}

/** Without commit nobody is told: then the head is replaced all the same, as the reaper does, and what is written has its number. */
function writesOf(draft: Draft, made: Commit | undefined): Write[] {
  const { head, emptying } = draft;
  const { modSeq, nonce, atMs } = made ?? head;
  const nextHead: Head = {
    ...head,
    version: head.version + 1,
    modSeq,
    nonce,
    atMs,
    counts: countsAfter(head.counts, draft),
    ...(emptying.length > 0 && { emptying }),
  };
  return [
    { put: nextHead, when: { version: head.version } },
    ...(made ? [{ put: made, when: 'absent' } as const] : []),
    ...draft.changes.map(
      ({ item, before }): Write => ({ put: { ...item, version: modSeq }, when: asRead(before) }),
    ),
    ...[...draft.nameChanges].flatMap(([sk, { item, before }]): Write[] => {
      if (item) return [{ put: item, when: asRead(before) }];
      return before ? [{ remove: sk, when: { version: before.version } }] : [];
    }),
  ];
}

const asRead = (before: StoredItem | undefined) =>
  before ? { version: before.version } : ('absent' as const);
