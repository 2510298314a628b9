import { project } from '../log/projection.js';
import type { BoxId } from '../model/items.js';
import { SyncProblem } from '../model/sync-problem.js';
import { closeQuietly } from '../ports/close-quietly.js';
import type { Core } from '../ports/core.js';
import { retry } from '../ports/retry.js';
import type { Projected } from '../ports/store.js';
import { rethrowAfterCommit } from './append.js';
import { CommitAttempts } from './commit-attempts.js';
import type { CommitPlan, Committed } from './commit-plan.js';
import { type KnownTail, openSnapshot } from './commit-snapshot.js';

const ATTEMPTS_MAX = 24;
const BUSY_RETRY_AFTER_SECONDS = 1;

/**
 * Decides and appends an entry to the log; decides again when another writer appended first. The put of the entry is the
 * commit: it succeeds for one writer only, and the decision holds at that moment, since the entry before it was the newest.
 * The items of the view are written afterwards, by the caller or by the reader of the stream.
 * @throws SyncProblem `busy` if other writers won every attempt, `device-not-registered` when there is no box,
 * `too-many-requests` when the database throttles the box.
 */
export async function commit<T>(
  core: Core,
  box: BoxId,
  plan: CommitPlan<T>,
  known?: KnownTail,
): Promise<Committed<T>> {
  let attempts: CommitAttempts<T> | undefined;
  return retry({ attempts: ATTEMPTS_MAX, exhausted: tooManyAttempts }, async (attempt) => {
    // After another writer found out that the table was restored, items say less than they seem to: read all again.
    if (!attempts || attempts.hasOutdatedSnapshot) {
      const snapshot = await openSnapshot(core, box, plan, attempts ? undefined : known);
      if (snapshot === undefined) {
        const { answer } = plan.onMissingBox as { answer: T };
        return { answer, tail: undefined, projected: 0, left: [] };
      }
      attempts = new CommitAttempts(core, box, plan, snapshot);
    }
    return attempts.attempt(attempt);
  });
}

/** Commits an entry of the server itself, and applies it before it returns. Errors as of `commit`. */
export async function commitAndProject<T>(core: Core, box: BoxId, plan: CommitPlan<T>): Promise<T> {
  const committed = await commit(core, box, plan);
  const { dropped } = await projectCommitted(core, box, committed);
  for (const connectionId of dropped) await closeQuietly(core, connectionId);
  return committed.answer;
}

/**
 * Applies a committed entry to the view, and the entries that other writers did not apply.
 * @throws SyncProblem `unavailable` when the database throttles the box: the entry is committed.
 */
async function projectCommitted(
  core: Core,
  box: BoxId,
  { entry, left }: Committed<unknown>,
): Promise<Projected> {
  const entries = [...left, ...(entry ? [entry] : [])];
  if (entries.length === 0) return { outcome: 'done', dropped: [] };
  const projected = project(core, box, entries);
  return entry ? projected.catch(rethrowAfterCommit) : projected;
}

const tooManyAttempts = (): SyncProblem =>
  new SyncProblem('busy', {
    detail: 'other writers were faster each time',
    retryAfterSeconds: BUSY_RETRY_AFTER_SECONDS,
  });
