import { SyncProblem } from '../model/sync-problem.js';
import { isPartitionThrottled, isThrottled } from './throttling.js';

/** Whether a conditional write had no effect because its condition does not hold. */
export const isConditionFailed = (error: unknown): boolean =>
  error instanceof Error && error.name === 'ConditionalCheckFailedException';

/** The error of a failed call for the core: it says whether the call certainly had no effect. */
export function translated(error: unknown, kind: 'read' | 'write'): unknown {
  if (isPartitionThrottled(error, kind)) return new SyncProblem('too-many-requests', {}, { cause: error });
  // The whole account is throttled: a client that retries later helps more than a retry here.
  return isThrottled(error) ? new SyncProblem('unavailable', {}, { cause: error }) : error;
}

/** Runs a call and translates its error. */
export async function translateErrors<T>(kind: 'read' | 'write', call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw translated(error, kind);
  }
}
