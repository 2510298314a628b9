export interface Backoff {
  baseMs: number; // the longest pause after the first failure; it doubles with each further one
  capMs: number;
}

/** A pause between none at all and the whole of what the number of failures allows, so that clients do not return together. */
export const fullJitter = (failures: number, { baseMs, capMs }: Backoff): number =>
  Math.random() * Math.min(capMs, baseMs * 2 ** Math.min(failures, 30));

/** @throws the reason of `signal` when it is aborted first; the timer is gone then. */
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
