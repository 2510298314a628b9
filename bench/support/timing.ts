/** Statistics of an action that was measured many times. Unit: ms. */
export interface Times {
  readonly median: number;
  readonly p99: number;
  readonly runs: number;
}

/** Runs the work and measures its time. Unit: ms. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

/**
 * Ratio of a time to its floor: the median of the ratios of pairs, each measured one right after the other.
 * Machine load therefore affects both, and a single disturbance does not decide the result.
 */
export const ratioOf = (samples: readonly number[], floors: readonly number[]): number =>
  timesOf(samples.map((sample, i) => sample / (floors[i] ?? Number.NaN))).median;

/** Statistics of the samples. Unit: ms. */
export function timesOf(samples: readonly number[]): Times {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { median: at(0.5), p99: at(0.99), runs: sorted.length };
}
