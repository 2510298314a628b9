import { parseArgs } from 'node:util';
import { described, runModel, STEPS_PER_RUN } from './model-run.js';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    runs: { type: 'string', default: '1' },
    'no-scopes': { type: 'boolean', default: false },
  },
});
const first = Number(values.seed);
const scopes = !values['no-scopes'];

/** Runs one after the other and tells the parent process of each: what happened in one that failed, else nothing. */
async function main(): Promise<void> {
  for (let seed = first; seed < first + Number(values.runs); seed++) {
    const failed = await runModel({ seed, scopes, steps: STEPS_PER_RUN });
    process.send?.({ failure: failed && (await described(failed)) });
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
