import { runModel } from '../support/model/run.js';
import { WRONG_CORES } from '../support/model/wrong-cores.js';

jest.setTimeout(300_000);

const RUNS_MAX = 200;

/** Runs until the model finds something. Undefined: it found nothing. */
async function foundAfter(disguise: object): Promise<number | undefined> {
  for (let seed = 1; seed <= RUNS_MAX; seed++) {
    if ((await runModel({ seed, disguise })).failure !== undefined) return seed;
  }
  return undefined;
}

test.each(Object.entries(WRONG_CORES))(`the model finds %s within ${RUNS_MAX} runs`, async (_, wrong) => {
  expect(await foundAfter(wrong)).toEqual(expect.any(Number));
});
