import type { Piece, RunReport } from '../model/worker.js';
import { describedSdk, runSdk } from './run.js';

async function runPiece({ seed: first, runs }: Piece): Promise<void> {
  for (let seed = first; seed < first + runs; seed++) {
    const { happened, failure } = await runSdk(seed);
    const told: RunReport = { seed, happened, ...(failure && { failure: await describedSdk(seed) }) };
    await new Promise<void>((sent) => process.send?.(told, () => sent()));
  }
}

process.on('message', (piece: Piece) => {
  runPiece(piece).catch((error) => {
    console.error(error);
    process.exit(1);
  });
});
// The parent process is gone.
process.on('disconnect', () => process.exit(0));
