import { describeStore } from '../../../contract/store-contract.js';
import { CALM, type Tears, TornMemoryStore } from '../../../support/torn-store.js';

/** Writes are seen in part until they are answered, and what one reading gives is read at two moments. None of it may show here. */
const TORN_ONLY: Tears = { ...CALM, tear: 1, linger: 0.2, splitRead: 0.5 };

describe.each([1, 2, 3, 4, 5])('with seed %i', (seed) => {
  describeStore('torn on purpose', async () => new TornMemoryStore(seed, { tears: TORN_ONLY }));
});
