import { setTimeout as delay } from 'node:timers/promises';

/** Waits, less long when the signal aborts; never throws. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch {
    // aborted: whoever waits looks at the signal
  }
}
