import { describeRegistry } from '../../../contract/registry-contract.js';
import { describeStore } from '../../../contract/store-contract.js';
import { AdversarialRegistry } from '../../../support/adversarial-registry.js';
import { AdversarialStore, CALM } from '../../../support/adversarial-store.js';
import { TestClock } from '../../../support/rig.js';

/** Reads of several items are of two moments, and each call takes its time. None of it may show in what is promised. */
const SPLIT = { ...CALM, splitRead: 0.5 };

describe.each([1, 2, 3])('with seed %i', (seed) => {
  describeStore(
    'with mishaps, of which none happens',
    async () => new AdversarialStore(seed, { mishaps: SPLIT }),
  );
});

describeRegistry('with mishaps, of which none happens', async () => {
  const clock = new TestClock();
  const store = new AdversarialStore(1, { clock, mishaps: SPLIT });
  return { store, registry: new AdversarialRegistry(store, clock, 1) };
});
