import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

const WORKER = join(process.cwd(), 'test/support/model-worker.ts');
/** Runs of one process. A fresh one now and then keeps memory small. */
const PIECE_MAX = 1000;

export interface Runs {
  readonly seed: number; // of the first; they follow each other
  readonly runs: number;
  readonly scopes: boolean;
}

/** Runs the model on all cores. @returns what happened in the runs that failed. */
export async function runInProcesses(
  { seed: first, runs, scopes }: Runs,
  onRun: (failure: string | undefined) => void = () => {},
): Promise<string[]> {
  const failures: string[] = [];
  const processes = Math.min(availableParallelism(), runs);
  const piece = Math.min(PIECE_MAX, Math.ceil(runs / processes));
  let next = first;
  const noted = (failure: string | undefined) => {
    if (failure) failures.push(failure);
    onRun(failure);
  };
  const work = async () => {
    while (next < first + runs) {
      const seed = next;
      next = Math.min(first + runs, seed + piece);
      await runPiece({ seed, runs: next - seed, scopes }, noted);
    }
  };
  await Promise.all(Array.from({ length: processes }, work));
  return failures;
}

async function runPiece(
  { seed, runs, scopes }: Runs,
  onRun: (failure: string | undefined) => void,
): Promise<void> {
  const args = ['--seed', String(seed), '--runs', String(runs), ...(scopes ? [] : ['--no-scopes'])];
  const child = fork(WORKER, args, { execArgv: ['--import', 'tsx'] });
  let done = 0;
  child.on('message', ({ failure }: { failure?: string }) => {
    done++;
    onRun(failure);
  });
  const code = await new Promise((settle, fail) => child.on('error', fail).on('close', settle));
  if (code !== 0 || done < runs)
    throw new Error(`the process of seed ${seed} ended after ${done} of ${runs} runs`);
}
