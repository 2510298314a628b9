// npm run soak runs the model-based test for as long as wanted. For a failed run it prints the events and the
// command that repeats it.
import { parseArgs } from 'node:util';
import { missedIn } from '../support/model/coverage.js';
import { runInProcesses } from '../support/model/processes.js';
import { described, runModel } from '../support/model/run.js';
import { describedSdk, runSdk, SDK_LEAST } from '../support/sdk/run.js';

const HELP = `npm run soak -- [options]

Runs the model-based test: each run is 60 random steps of several devices, the Participating Function, the purger and
the provider around one box, on a store that is torn on purpose, and then quiet, in which all has to hold.

  --runs N      how many runs (10000)
  --seed S      seed of the first one; they follow each other (1)
  --sdk         the clients of the SDK instead of the model's, which crash and are opened again on what they kept
  --replay S    one run alone, with all that happens in it; shortened where it fails
  --coverage    in the end, how often each thing has happened
  --help        this

Ends with 0 where all held, with 1 where a run failed, with 130 after Ctrl-C.`;

const SHOWN_EVERY_MS = 5000;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    replay: { type: 'string' },
    sdk: { type: 'boolean', default: false },
    coverage: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

/** @throws Error that names the option whose value is not a whole number from 1. */
function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 1) return number;
  throw new Error(`--${name} must be a whole number from 1, got ${text}`);
}

async function replay(seed: number): Promise<number> {
  const { failure, trace } = values.sdk
    ? await runSdk(seed, { isTraced: true })
    : await runModel({ seed }, { isTraced: true });
  const describe = () => (values.sdk ? describedSdk(seed) : described({ seed }));
  console.log(failure ? await describe() : [...trace, `Seed ${seed}: all held.`].join('\n'));
  return failure ? 1 : 0;
}

async function soak(seed: number, runs: number): Promise<number> {
  const begun = Date.now();
  let done = 0;
  let failed = 0;
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort());
  const showProgress = () => {
    const seconds = (Date.now() - begun) / 1000;
    const speed = done / seconds;
    const left = done > 0 ? `, ${Math.ceil((runs - done) / speed / 60)} min left` : '';
    console.log(
      `${done} of ${runs} runs, ${failed} failed, ${Math.round(seconds)} s, ${speed.toFixed(1)} runs a second${left}`,
    );
  };
  console.log(`Seeds ${seed} to ${seed + runs - 1}.`);
  const shown = setInterval(showProgress, SHOWN_EVERY_MS);
  const report = await runInProcesses(
    { seed, runs, ...(values.sdk && { worker: 'test/support/sdk/worker.ts' }) },
    {
      signal: interrupted.signal,
      onRun: ({ failure }) => {
        done++;
        if (!failure) return;
        failed++;
        console.log(failure);
      },
    },
  );
  clearInterval(shown);
  showProgress();
  if (values.coverage) console.log(report.happened);
  const missed = missedIn(report.happened, report.runs, values.sdk ? SDK_LEAST : undefined);
  if (missed.length > 0) console.log(`Happened too seldom to prove anything:\n${missed.join('\n')}`);
  if (interrupted.signal.aborted) return 130;
  return failed > 0 ? 1 : 0;
}

try {
  if (values.help) console.log(HELP);
  else if (values.replay !== undefined) process.exitCode = await replay(wholeNumber('replay', values.replay));
  else process.exitCode = await soak(wholeNumber('seed', values.seed), wholeNumber('runs', values.runs));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
