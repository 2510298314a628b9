import { SyncProblem } from '../model/sync-problem.js';
import { isPartitionThrottled, isThrottled } from './throttling.js';

export const isConditionFailed = (error: unknown): boolean =>
  error instanceof Error && error.name === 'ConditionalCheckFailedException';

/** What a failed call is to the core: nothing was done for sure, or the outcome is not known. */
export function translated(error: unknown, kind: 'read' | 'write'): unknown {
  if (isPartitionThrottled(error, kind)) return new SyncProblem('too-many-requests', {}, { cause: error });
  // A client that comes back later helps more than trying on does.
  return isThrottled(error) ? new SyncProblem('unavailable', {}, { cause: error }) : error;
}

/** Runs a call and translates its failure. */
export async function translateErrors<T>(kind: 'read' | 'write', call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw translated(error, kind);
  }
}
