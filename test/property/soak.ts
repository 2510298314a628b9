// npm run soak -- --runs N [--seed S] [--no-scopes]: the model-based test for as long as wanted. What happened in a run
// that failed is printed, with how to see it again.
import { parseArgs } from 'node:util';
import { runInProcesses } from '../support/model-processes.js';

const SHOWN_EVERY_MS = 5000;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    'no-scopes': { type: 'boolean', default: false },
  },
});
const runs = Number(values.runs);
const begun = Date.now();
let done = 0;
let failed = 0;

function showProgress(): void {
  const seconds = (Date.now() - begun) / 1000;
  const speed = (done / seconds).toFixed(1);
  console.log(`${done} of ${runs} runs, ${failed} failed, ${Math.round(seconds)} s, ${speed} runs a second`);
}

const shown = setInterval(showProgress, SHOWN_EVERY_MS);
await runInProcesses({ seed: Number(values.seed), runs, scopes: !values['no-scopes'] }, (failure) => {
  done++;
  if (!failure) return;
  failed++;
  console.log(failure);
});
clearInterval(shown);
showProgress();
process.exitCode = failed === 0 ? 0 : 1;
