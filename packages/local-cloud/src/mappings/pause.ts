import { setTimeout as delay } from 'node:timers/promises';

/** Waits until the time is over or the signal aborts; never throws. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch {
    // aborted: the caller checks the signal
  }
}
