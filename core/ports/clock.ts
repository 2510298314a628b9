/** Time and randomness, which tests control. */
export interface Clock {
  /** Unit: milliseconds since 1970. */
  now(): number;
  sleep(ms: number): Promise<void>;
  /** Shape: 0 <= x < 1. */
  random(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  random: () => Math.random(),
};
