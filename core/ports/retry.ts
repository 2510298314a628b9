import type { Clock } from './clock.js';

/** Result of an attempt that another writer has overtaken: the next attempt may succeed. */
export const AGAIN = Symbol('again');

export interface RetryOptions {
  /** Number of attempts, the first one included. */
  readonly attempts: number;
  /** Waits before an attempt other than the first. Absent: the next attempt follows at once. */
  readonly pause?: (attempt: number) => Promise<void>;
  /** Makes the error that is thrown when the last attempt was overtaken too. */
  readonly exhausted: () => Error;
}

/**
 * Runs an optimistic update until an attempt returns something other than `AGAIN`.
 * @param run one attempt; `attempt` counts from 0
 * @throws the error of `exhausted`; an error that an attempt throws ends the retries.
 */
export async function retry<T>(
  { attempts, pause, exhausted }: RetryOptions,
  run: (attempt: number) => Promise<T | typeof AGAIN>,
): Promise<T> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (attempt > 0) await pause?.(attempt);
    const result = await run(attempt);
    if (result !== AGAIN) return result;
  }
  throw exhausted();
}

const VISIBLE_AFTER_MS = 20;

/**
 * Reads again until a result is complete, since a query may show a later write without an earlier one. The second read
 * follows at once, each further one after 20 ms.
 * @returns the first complete result, or the result of the last read
 */
export async function untilVisible<T>(
  clock: Clock,
  readsMax: number,
  read: () => Promise<T>,
  isComplete: (result: T) => boolean,
): Promise<T> {
  for (let reads = 1; ; reads++) {
    const result = await read();
    if (reads >= readsMax || isComplete(result)) return result;
    if (reads > 1) await clock.sleep(VISIBLE_AFTER_MS);
  }
}
