import { extent, isThorough } from '../support/extent.js';
import { missedIn } from '../support/model/coverage.js';
import { type Report, runInProcesses } from '../support/model/processes.js';

jest.setTimeout(600_000);

const RUNS = extent(150, 2000);
/** Again and again the same, so that a failure is of the change that brought it; `npm run soak` tries others. */
const FIRST_SEED = 1;

let report: Report;

beforeAll(async () => {
  report = await runInProcesses({ seed: FIRST_SEED, runs: RUNS });
  console.info(`The model ran the seeds ${FIRST_SEED} to ${FIRST_SEED + RUNS - 1}, 60 steps each.`);
});

// Which seed failed, what happened in its run, and how to see it again stands in the message.
test('[SY14, SY15, SC1] every device holds what its scope says after quiet, and what was acknowledged was done once', () => {
  expect(report.failures).toEqual([]);
  expect(report.runs).toBe(RUNS);
});

test('everything that the model is to try has happened often enough', () => {
  expect(missedIn(report.happened, RUNS, isThorough ? undefined : {})).toEqual([]);
  expect(Object.keys(report.happened).length).toBeGreaterThan(50);
});
