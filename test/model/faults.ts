// npm run faults: breaks one rule of the product after another, and runs the test or the model that must notice it.
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import type { Fault } from '../support/faults/fault.js';
import { FAULTS } from '../support/faults/faults.js';
import { planted } from '../support/faults/planted.js';
import { failingAnyway, failsIn } from '../support/faults/tested.js';
import { runInProcesses } from '../support/model/processes.js';

const HELP = `npm run faults -- [options]

Plants each fault of test/support/faults one at a time, and runs the test that the fault names. A fault that names none
must be caught by the model-based test, from the seed on that the fault names. The files of the project do not change.

  --only TEXT   only faults whose name, file or test contains TEXT; may be given several times
  --list        lists the faults and what catches them, and runs nothing
  --runs N      how many runs of the model a fault may take (200)
  --json        writes a line of JSON for each fault, and one with the counts
  --help        shows this text

The last line is "N caught, N not caught". Ends with 0 if all faults were caught, with 1 if one was not, with 2 if an
option is wrong or no fault matches, with 130 after Ctrl-C.`;

interface Found {
  readonly fault: Fault;
  readonly isCaught: boolean;
  readonly by: string;
  readonly seconds: number;
}

const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort());

const catcherOf = ({ test, title, seed = 1 }: Fault): string =>
  test === undefined ? `the model from seed ${seed}` : title === undefined ? test : `${test}: ${title}`;

/** Runs the model until a run fails, each run with the next seed. */
async function byModel(fault: Fault, runs: number): Promise<Omit<Found, 'fault' | 'seconds'>> {
  const found = new AbortController();
  const signal = AbortSignal.any([found.signal, interrupted.signal]);
  const { seed: first = 1 } = fault;
  const seeds: number[] = [];
  const onRun = ({ seed, failure }: { seed: number; failure?: string }) => {
    if (failure === undefined) return;
    seeds.push(seed);
    found.abort();
  };
  await runInProcesses({ seed: first, runs, plugins: [planted(fault)] }, { onRun, signal });
  const [seed] = seeds;
  return seed === undefined
    ? { isCaught: false, by: `no run of the model from seed ${first} to ${first + runs - 1}` }
    : { isCaught: true, by: `seed ${seed} of the model` };
}

async function byTest(fault: Fault, test: string, failing: readonly string[]) {
  if (failing.includes(test)) return { isCaught: false, by: `${test}, which fails without the fault` };
  return { isCaught: await failsIn(test, fault, interrupted.signal), by: test };
}

/** A fault that cannot be planted, since its line has changed, is not caught. */
async function tried(fault: Fault, find: () => Promise<Omit<Found, 'fault' | 'seconds'>>): Promise<Found> {
  const startMs = Date.now();
  const found = await find().catch((error: unknown) => ({ isCaught: false, by: String(error) }));
  return { fault, ...found, seconds: (Date.now() - startMs) / 1000 };
}

/** Runs as many tests at once as there are cores; the model uses all cores by itself. */
async function* findAll(faults: readonly Fault[], runs: number): AsyncGenerator<Found> {
  const failing = await failingAnyway(faults, interrupted.signal);
  const waiting = faults.filter(({ test }) => test !== undefined);
  const underWay = new Map<Fault, Promise<Found>>();
  while ((waiting.length > 0 || underWay.size > 0) && !interrupted.signal.aborted) {
    while (underWay.size < availableParallelism() && waiting.length > 0) {
      const fault = waiting.shift() as Fault;
      underWay.set(
        fault,
        tried(fault, () => byTest(fault, fault.test as string, failing)),
      );
    }
    const found = await Promise.race(underWay.values());
    underWay.delete(found.fault);
    yield found;
  }
  for (const fault of faults.filter(({ test }) => test === undefined)) {
    if (interrupted.signal.aborted) return;
    yield await tried(fault, () => byModel(fault, runs));
  }
}

function describe({ fault, isCaught, by, seconds }: Found, place: string): string {
  const time = `${seconds.toFixed(1).padStart(5)} s`;
  return `${place}  ${isCaught ? 'caught    ' : 'NOT CAUGHT'}  ${time}  ${fault.name}  (${by})`;
}

async function run(faults: readonly Fault[], runs: number, isJson: boolean): Promise<number> {
  let caught = 0;
  let done = 0;
  const missed: Found[] = [];
  for await (const found of findAll(faults, runs)) {
    if (interrupted.signal.aborted) return 130;
    done++;
    if (found.isCaught) caught++;
    else missed.push(found);
    const place = `${String(done).padStart(String(faults.length).length)}/${faults.length}`;
    const { name, file } = found.fault;
    const { isCaught, by, seconds } = found;
    console.log(isJson ? JSON.stringify({ name, file, isCaught, by, seconds }) : describe(found, place));
  }
  if (interrupted.signal.aborted) return 130;
  if (isJson) console.log(JSON.stringify({ caught, notCaught: missed.length }));
  else {
    if (missed.length > 0)
      console.log(`\nNot caught:\n${missed.map(({ fault }) => fault.name).join('\n')}\n`);
    console.log(`${caught} caught, ${missed.length} not caught`);
  }
  return missed.length > 0 ? 1 : 0;
}

/** @returns the exit code */
async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      runs: { type: 'string', default: '200' },
      only: { type: 'string', multiple: true, default: [] },
      list: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const runs = Number(values.runs);
  if (!Number.isSafeInteger(runs) || runs < 1)
    throw new Error(`--runs must be a whole number from 1 on, got "${values.runs}"`);
  const matches = ({ name, file, test = '' }: Fault, text: string) =>
    [name, file, test].some((part) => part.includes(text));
  const { only } = values;
  const faults = FAULTS.filter((fault) => only.length === 0 || only.some((text) => matches(fault, text)));
  if (faults.length === 0)
    throw new Error(`--only must match a fault, got "${only.join('", "')}"; --list shows all faults`);
  if (!values.list) return run(faults, runs, values.json);
  for (const fault of faults)
    console.log(values.json ? JSON.stringify(fault) : `${fault.file}: ${fault.name} (${catcherOf(fault)})`);
  return 0;
}

process.exitCode = await main(process.argv.slice(2)).catch((error: Error) => {
  console.error(error.message);
  return 2;
});
