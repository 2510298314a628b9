/** Unit: ms. What was measured of something that was done many times. */
export interface Times {
  readonly median: number;
  readonly p99: number;
  readonly runs: number;
}

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

/**
 * How many times as long something takes as its floor: the median of the ratios of pairs, each measured one right after the
 * other. So load of the machine meets both, and what happens once decides nothing.
 */
export const ratioOf = (samples: readonly number[], floors: readonly number[]): number =>
  timesOf(samples.map((sample, i) => sample / (floors[i] ?? Number.NaN))).median;

export function timesOf(samples: readonly number[]): Times {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { median: at(0.5), p99: at(0.99), runs: sorted.length };
}
