import type { Clock } from './clock.js';

const FIRST_MS = 40; // doubled with each attempt, and a random share of it waited

/** Waits before another attempt, the longer the more there were: full jitter, so that those who met do not meet again. */
export const backOff = (clock: Clock, attempt: number): Promise<void> =>
  clock.sleep(clock.random() * FIRST_MS * 2 ** attempt);
