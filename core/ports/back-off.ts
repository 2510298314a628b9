import type { Clock } from './clock.js';

const FIRST_MS = 40;

/**
 * Waits before another attempt: a random time up to 40 ms, doubled with each attempt. The time is random so that writers
 * which met once do not meet again.
 * @param attempt counts from 0
 */
export const backOff = (clock: Clock, attempt: number): Promise<void> =>
  clock.sleep(clock.random() * FIRST_MS * 2 ** attempt);
