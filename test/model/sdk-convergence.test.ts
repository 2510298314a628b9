import { extent, isThorough } from '../support/extent.js';
import { missedIn } from '../support/model/coverage.js';
import { type Report, runInProcesses } from '../support/model/processes.js';
import { SDK_LEAST } from '../support/sdk/run.js';

jest.setTimeout(600_000);

const RUNS = extent(40, 300);
/** Again and again the same, so that a failure is of the change that brought it; `npm run soak -- --sdk` tries others. */
const FIRST_SEED = 1;

let report: Report;

beforeAll(async () => {
  report = await runInProcesses({ seed: FIRST_SEED, runs: RUNS, worker: 'test/support/sdk/worker.ts' });
});

// Which seed failed, what happened in its run, and how to see it again stands in the message.
test('[CL1, CL2, CL5, CL7, CL8, XO9, XO10] clients that write offline and crash show confirmed and pending at all times, hold their scope after quiet, and have each operation settled once', () => {
  expect(report.failures).toEqual([]);
  expect(report.runs).toBe(RUNS);
});

test('everything that the clients are to go through has happened often enough', () => {
  expect(missedIn(report.happened, RUNS, isThorough ? SDK_LEAST : {})).toEqual([]);
  expect(Object.keys(report.happened).length).toBeGreaterThan(20);
});
