// npm run faults breaks one rule of the core after the other. It runs the model, or unit tests, until they
// find each fault.
import { parseArgs } from 'node:util';
import { FAULTS, type Fault } from '../support/faults/faults.js';
import { planted } from '../support/faults/planted.js';
import { failsIn } from '../support/faults/tested.js';
import { runInProcesses } from '../support/model/processes.js';

const HELP = `npm run faults -- [options]

Plants each fault of test/support/faults/faults.ts in the core, one at a time, and runs the model-based test until a run
fails; where none does, the unit tests that the fault names. The files of the project stay as they are.

  --runs N      how many runs of the model a fault may take (2000)
  --only TEXT   only faults whose names contain this
  --help        this

Ends with 0 where all faults were found, with 1 where one was not, with 130 after Ctrl-C.`;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '2000' },
    only: { type: 'string', default: '' },
    help: { type: 'boolean', default: false },
  },
});

const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort());

/** @returns the number of runs that it took; undefined: the model did not find the fault. */
async function find(fault: Fault, runs: number): Promise<number | undefined> {
  const found = new AbortController();
  const signal = AbortSignal.any([found.signal, interrupted.signal]);
  let done = 0;
  let at: number | undefined;
  const onRun = ({ failure }: { failure?: string }) => {
    done++;
    if (failure === undefined) return;
    at ??= done;
    found.abort();
  };
  await runInProcesses({ seed: 1, runs, plugins: [planted(fault)] }, { onRun, signal });
  return at;
}

const byTests = async (fault: Fault): Promise<string | undefined> =>
  fault.test !== undefined && (await failsIn(fault.test, fault, interrupted.signal)) ? 'by tests' : undefined;

async function main(): Promise<number> {
  const runs = Number(values.runs);
  if (!Number.isSafeInteger(runs) || runs < 1) {
    console.error(`--runs is a whole number from 1 on, not ${values.runs}`);
    return 2;
  }
  const faults = FAULTS.filter(({ name }) => name.includes(values.only));
  let missed = 0;
  for (const fault of faults) {
    const at = (await find(fault, runs)) ?? (await byTests(fault));
    if (interrupted.signal.aborted) return 130;
    if (at === undefined) missed++;
    console.log(`${String(at ?? 'NOT FOUND').padStart(10)}  ${fault.name}`);
  }
  console.log(
    `${faults.length - missed} of ${faults.length} faults found; the number is that of the run that found it.`,
  );
  return missed > 0 ? 1 : 0;
}

if (values.help) console.log(HELP);
else process.exitCode = await main();
