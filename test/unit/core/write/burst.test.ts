import type { LogEntry } from '../../../../core/model/log-entry.js';
import type { Range } from '../../../../core/ports/store.js';
import { BoxUnderTest } from '../../../support/box-under-test.js';
import { aMessage, BOX } from '../../../support/builders.js';
import { MemoryStore } from '../../../support/memory-store.js';

/** Counts entries that are read, and looks at the view. */
class CountingStore extends MemoryStore {
  entries = 0;
  looks = 0;

  override async query(box: typeof BOX, range: Range) {
    const found = await super.query(box, range);
    this.entries += found.items.filter((item): item is LogEntry => item.kind === 'entry').length;
    return found;
  }

  override async getStale(box: typeof BOX, keys: readonly string[]) {
    this.looks++;
    return super.getStale(box, keys);
  }
}

let store: CountingStore;
let box: BoxUnderTest;
beforeEach(async () => {
  store = new CountingStore();
  box = new BoxUnderTest(store);
  await box.deposit(BOX, aMessage());
});

const burst = async (of: number) => {
  for (let i = 0; i < of; i++) await box.deposit(BOX, aMessage({ id: `b${i}` }));
};

describe('a burst of deposits, of which the view has nothing yet,', () => {
  test('reads each entry once, and not all of them for each deposit', async () => {
    store.entries = 0;
    await burst(40);
    expect(store.entries).toBe(40); // each the newest, which was its own
    expect((await box.head()).counts.message).toBe(41);
  });

  test('takes up what others have committed in between', async () => {
    await burst(10);
    const other = new BoxUnderTest(new Proxy(store, {})); // a process of its own, that knows nothing yet
    await other.deposit(BOX, aMessage({ id: 'b3' }), aMessage({ id: 'other' }));
    expect(await box.results(aMessage({ id: 'other' }))).toMatchObject([{ status: 'exists' }]);
    expect((await box.head()).counts.message).toBe(12);
  });

  test('looks seldom how far it is applied, and again after a while', async () => {
    await burst(20);
    store.looks = 0;
    for (let i = 0; i < 10; i++) await box.deposit(BOX, aMessage({ id: `c${i}` }));
    expect(store.looks).toBe(0);
    box.clock.nowMs += 1000;
    await box.projected(BOX);
    await box.deposit(BOX, aMessage({ id: 'last' }));
    expect(store.looks).toBeGreaterThan(0);
  });
});
