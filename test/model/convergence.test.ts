import { extent, isThorough } from '../support/extent.js';
import { missedIn } from '../support/model/coverage.js';
import { type Report, runInProcesses } from '../support/model/processes.js';

jest.setTimeout(600_000);

const RUNS = extent(150, 2000);
/**
 * The seeds are always the same, so that a failure comes from the change under test. `npm run soak` tries
 * others.
 */
const FIRST_SEED = 1;

let report: Report;

beforeAll(async () => {
  report = await runInProcesses({ seed: FIRST_SEED, runs: RUNS });
  console.info(`The model ran the seeds ${FIRST_SEED} to ${FIRST_SEED + RUNS - 1}, 60 steps each.`);
});

// A failure names its seed, the events of its run, and the command that repeats it.
test('[SY14, SY15, SC1] every device holds its scope once all is quiet, and each acknowledged operation was committed exactly once', () => {
  expect(report.failures).toEqual([]);
  expect(report.runs).toBe(RUNS);
});

test('each event of the model happens often enough', () => {
  expect(missedIn(report.happened, RUNS, isThorough ? undefined : {})).toEqual([]);
  expect(Object.keys(report.happened).length).toBeGreaterThan(50);
});
