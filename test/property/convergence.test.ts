import { runInProcesses } from '../support/model-processes.js';

jest.setTimeout(300_000);

// Which seed failed, and what happened in its run, stands in the message.
test('[SY14, SY15] devices that want everything hold the box after quiet, and what was acknowledged was done once', async () => {
  expect(await runInProcesses({ seed: 1, runs: 100, scopes: false })).toEqual([]);
});

test('[SY14, SC1] devices hold what their scope says after quiet, however it changed on the way', async () => {
  expect(await runInProcesses({ seed: 1_000_001, runs: 300, scopes: true })).toEqual([]);
});
