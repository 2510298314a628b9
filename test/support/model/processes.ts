import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import type { Plugin } from 'esbuild';
import { bundled } from './bundle.js';
import { addHappened, type Happened } from './coverage.js';
import type { Piece, RunReport } from './worker.js';

/** Runs handed out at a time: few, so that all cores stay busy until the end. */
const PIECE_RUNS = 20;

export interface Runs {
  readonly seed: number; // of the first run; the others follow
  readonly runs: number;
  readonly worker?: string; // of the model, if not given
  readonly plugins?: Plugin[]; // that change the code under test
}

export interface Report {
  readonly runs: number; // number of runs done
  readonly happened: Happened;
  readonly failures: readonly string[];
}

export interface RunsOptions {
  readonly onRun?: (report: RunReport) => void;
  /** Lets current runs finish and starts no others. */
  readonly signal?: AbortSignal;
}

/** Runs the model on all cores. @throws Error when a process ends by itself. */
export async function runInProcesses(
  { seed: first, runs, worker = 'test/support/model/worker.ts', plugins }: Runs,
  { onRun = () => {}, signal }: RunsOptions = {},
): Promise<Report> {
  const failures: string[] = [];
  const happened: Happened = {};
  let done = 0;
  let next = first;
  const { file, remove } = await bundled(worker, plugins);
  const workers = Array.from({ length: Math.min(availableParallelism(), runs) }, () => start(file));
  const record = (report: RunReport) => {
    done++;
    addHappened(happened, report.happened);
    if (report.failure) failures.push(report.failure);
    onRun(report);
  };
  const work = async (worker: ChildProcess) => {
    while (next < first + runs && !signal?.aborted) {
      const piece = { seed: next, runs: Math.min(PIECE_RUNS, first + runs - next) };
      next += piece.runs;
      await runPiece(worker, piece, record, signal);
    }
  };
  try {
    await Promise.all(workers.map(work));
  } finally {
    for (const worker of workers) worker.kill();
    await remove();
  }
  return { runs: done, happened, failures };
}

const start = (file: string): ChildProcess => fork(file, { execArgv: ['--enable-source-maps'] });

async function runPiece(
  worker: ChildProcess,
  piece: Piece,
  onRun: (report: RunReport) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  let left = piece.runs;
  let stop = () => {};
  await new Promise<void>((settle, fail) => {
    stop = settle;
    const hear = (report: RunReport) => {
      onRun(report);
      left--;
      if (left === 0) settle();
    };
    worker.on('message', hear);
    worker.once('error', fail);
    worker.once('exit', () => fail(new Error(`the process for the seeds from ${piece.seed} ended early`)));
    signal?.addEventListener('abort', stop, { once: true });
    worker.send(piece);
  }).finally(() => {
    worker.removeAllListeners();
    signal?.removeEventListener('abort', stop);
  });
}
