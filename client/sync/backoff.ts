export interface Backoff {
  baseMs: number; // longest pause after the first failure; doubles with each further failure
  capMs: number; // longest pause of all
}

/** A random pause in ms, from 0 up to the limit for this number of failures. It spreads the retries of many clients. */
export const fullJitter = (failures: number, { baseMs, capMs }: Backoff): number =>
  Math.random() * Math.min(capMs, baseMs * 2 ** Math.min(failures, 30));

/**
 * Waits.
 * @throws the reason of the signal if it is aborted first. It clears the timer then.
 */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', abort, { once: true });
  });
}
