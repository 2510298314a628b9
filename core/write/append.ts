import type { BoxId } from '../model/items.js';
import type { LogEntry } from '../model/log-entry.js';
import { SyncProblem } from '../model/sync-problem.js';
import { backOff } from '../ports/back-off.js';
import type { Core } from '../ports/core.js';

const SENDS_MAX = 3;

/**
 * Puts an entry under its index, at most once however often it is sent: the nonce shows whose entry has the index.
 * This loop is not a `retry`: a send without an answer may have succeeded, so each later failure has an unknown outcome.
 * @returns the entry that has the index
 * @throws SyncProblem `too-many-requests` when nothing was written, `unavailable` when the outcome is not known.
 */
export async function append(core: Core, box: BoxId, entry: LogEntry): Promise<LogEntry> {
  let isUnknown = false; // whether an earlier send has put the entry
  for (let sends = 1; ; sends++) {
    try {
      return await core.store.append(box, entry);
    } catch (error) {
      if (error instanceof SyncProblem) throw isUnknown ? outcomeUnknown(error) : error;
      if (sends >= SENDS_MAX) throw error;
      isUnknown = true;
      core.observe('commitUnanswered', {
        attempt: sends,
        error: error instanceof Error ? error.name : 'unknown',
      });
      await backOff(core.clock, 0);
    }
  }
}

/** Rethrows a failure after an entry was put. A 4xx promises that nothing was done, so it becomes `unavailable`. */
export function rethrowAfterCommit(error: unknown): never {
  throw error instanceof SyncProblem && error.kind === 'too-many-requests' ? outcomeUnknown(error) : error;
}

const outcomeUnknown = (cause: SyncProblem): SyncProblem => new SyncProblem('unavailable', {}, { cause });
