import type { Happened } from './coverage.js';
import { described, runModel } from './run.js';

/** A worker's report on a run. */
export interface RunReport {
  readonly seed: number;
  readonly happened: Happened;
  readonly failure?: string;
}

/** Seeds for a worker to run, one after the other. */
export interface Piece {
  readonly seed: number;
  readonly runs: number;
}

async function runPiece({ seed: first, runs }: Piece): Promise<void> {
  for (let seed = first; seed < first + runs; seed++) {
    const { happened, failure } = await runModel({ seed });
    const report: RunReport = {
      seed,
      happened,
      ...(failure && { failure: await described({ seed }, failure) }),
    };
    await new Promise<void>((sent) => process.send?.(report, () => sent()));
  }
}

process.on('message', (piece: Piece) => {
  runPiece(piece).catch((error) => {
    console.error(error);
    process.exit(1);
  });
});
// The parent process has ended.
process.on('disconnect', () => process.exit(0));
