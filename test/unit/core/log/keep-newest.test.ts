import { putEraseMarker } from '../../../../core/lifecycle/erase-marker.js';
import { keepNewest } from '../../../../core/log/keep-newest.js';
import { readTail } from '../../../../core/log/tail.js';
import { entryVersion } from '../../../../core/model/effects.js';
import { ANCHOR_KEY, TIMER_KEY } from '../../../../core/model/keys.js';
import type { Anchor } from '../../../../core/model/stored-item.js';
import { DAY_MS, ENTRY_MS, TIMER_MS, TIMER_OLD_MS, TIMER_RENEWED_MS } from '../../../../core/model/timing.js';
import { versionOf } from '../../../../core/model/version.js';
import type { Caller } from '../../../../core/write/device-operations.js';
import { BoxUnderTest } from '../../../support/box-under-test.js';
import { aMessage, BOX, stateChange } from '../../../support/builders.js';
import { MemoryStore } from '../../../support/memory-store.js';

/** Time to live comes up to two days late. */
const LATE_MS = 2 * DAY_MS;

let store: MemoryStore;
let box: BoxUnderTest;
let phone: Caller;
beforeEach(async () => {
  store = new MemoryStore();
  box = new BoxUnderTest(store);
  phone = await box.device(BOX, 'phone');
  await box.given(
    aMessage({ id: 'm1', flags: ['x'] }),
    aMessage({ id: 'm2', textContent: 'y'.repeat(20_000) }),
  );
});

const anchor = () => store.box(BOX).read(ANCHOR_KEY) as Anchor;
const timer = () => store.box(BOX).read(TIMER_KEY);
const entriesLeft = () => store.all(BOX).filter(({ kind }) => kind === 'entry').length;

/** A day passes: the database removes expired items, and the reader of the stream gets the timer. */
async function aDay(): Promise<void> {
  box.clock.nowMs += DAY_MS;
  const removed = store.removeExpired(BOX, box.clock.nowMs - LATE_MS);
  if (removed.some(({ sk }) => sk === TIMER_KEY)) await keepNewest(box.core, BOX);
}
const days = async (count: number) => {
  for (let i = 0; i < count; i++) await aDay();
};

describe('a box that is quiet for so long that its log has expired', () => {
  test('still knows where it is, and what it holds', async () => {
    const { syncToken = '' } = await box.syncAll(phone);
    const [contents, head] = [await box.contents(), await box.head()];
    await days(100);
    expect(entriesLeft()).toBe(0);
    const { index, modSeq, nonce, counts, devices, epoch } = head;
    expect(await box.head()).toMatchObject({ index, modSeq, nonce, counts, devices, epoch });
    expect(await box.contents()).toEqual(contents);
    expect(await box.sync(phone, { syncToken })).toMatchObject({ reset: true });
  });

  test('[EL5] goes on with the next number, also after years', async () => {
    const { modSeq, index } = await box.head();
    await days(100);
    box.clock.nowMs += 800 * DAY_MS;
    expect(await box.results(stateChange('m1', { addFlags: ['y'] }))).toEqual([
      { status: 'applied', modSeq: modSeq + 1 },
    ]);
    expect(await box.head()).toMatchObject({ index: index + 1, modSeq: modSeq + 1 });
    expect(await box.element('messageState', 'm1')).toMatchObject({ flags: ['x', 'y'] });
  });

  test('[XO2] still knows what a device was answered', async () => {
    const operations = [stateChange('m1', { addFlags: ['z'] }, { n: 1 })];
    const { results } = await box.sync(phone, { operations });
    await days(100);
    expect((await box.sync(phone, { operations })).results).toEqual(results);
  });

  test('has all in its view that was in the log alone', async () => {
    expect(store.box(BOX).read('E#c1#M#m1')).toBeUndefined(); // nobody has applied the deposit
    await days(48);
    expect(store.box(BOX).read('E#c1#M#m1')).toMatchObject({ state: { flags: ['x'] } });
    expect(store.box(BOX).read('B#c1#M#m2')).toMatchObject({ kind: 'body' });
  });

  test('may be written to again and be quiet again, any number of times', async () => {
    for (let i = 0; i < 3; i++) {
      await days(60 + 20 * i);
      await box.given(aMessage({ id: `again ${i}` }));
    }
    await days(100);
    expect(entriesLeft()).toBe(0);
    expect(await box.names('message')).toEqual(['again 0', 'again 1', 'again 2', 'm1', 'm2']);
    expect((await box.head()).counts.message).toBe(5);
  });
});

describe('the quiet timer', () => {
  test('is set when the box is made', async () => {
    expect(timer()?.expiresAtMs).toBe(box.clock.nowMs + TIMER_MS);
  });

  test('is renewed by a writer who finds it old, and by no other', async () => {
    const before = timer();
    box.clock.nowMs += TIMER_RENEWED_MS - 1;
    await box.given(aMessage());
    expect(timer()).toEqual(before);
    box.clock.nowMs += 1;
    await box.given(aMessage());
    expect(timer()?.expiresAtMs).toBe(box.clock.nowMs + TIMER_MS);
    expect((await box.head()).timerAtMs).toBe(box.clock.nowMs);
  });

  test('is old where nobody was told of its end: a writer keeps the newest entry before it renews the timer', async () => {
    const before = await box.head();
    box.clock.nowMs += TIMER_OLD_MS + 1;
    const { replace } = store;
    store.replace = async () => {
      throw new Error('the process ended');
    };
    await expect(box.deposit(BOX, aMessage())).rejects.toThrow('the process ended');
    expect(timer()?.expiresAtMs).toBe(before.timerAtMs + TIMER_MS);
    store.replace = replace;
    await box.given(aMessage());
    expect(anchor().last).toMatchObject({ index: before.index, projected: before.index });
    expect(timer()?.expiresAtMs).toBe(box.clock.nowMs + TIMER_MS);
  });

  test('is not so old up to 30 days: the newest entry is not kept yet', async () => {
    box.clock.nowMs += TIMER_OLD_MS;
    await box.given(aMessage());
    expect(anchor()).not.toHaveProperty('last');
    expect(timer()?.expiresAtMs).toBe(box.clock.nowMs + TIMER_MS);
  });

  test('is of the version of the entry that says so, so that whoever erases the box removes it', async () => {
    const { firstIndex, timeline } = await box.head();
    expect(timer()?.version).toBe(versionOf(timeline, firstIndex));
    box.clock.nowMs += TIMER_RENEWED_MS;
    await box.given(aMessage());
    expect(timer()?.version).toBe(entryVersion(await box.head()));
  });

  test('goes while the newest entry is still there, however late, whenever that was written', async () => {
    expect(TIMER_MS + LATE_MS + DAY_MS).toBeLessThan(ENTRY_MS - TIMER_RENEWED_MS);
  });

  test('is there again after a writer came back to a box whose timer had gone', async () => {
    await days(60);
    expect(timer()).toBeUndefined();
    await box.given(aMessage());
    expect(timer()).toBeDefined();
  });
});

describe('keeping the newest entry', () => {
  test('leaves the anchor that knows of a newer one', async () => {
    await keepNewest(box.core, BOX);
    const before = anchor();
    await box.given(aMessage());
    const { get } = store;
    // It reads the log; before it continues, others commit and keep theirs.
    store.get = async (...asked) => {
      store.get = get;
      const read = await get.apply(store, asked);
      await box.given(aMessage());
      await keepNewest(box.core, BOX);
      return read;
    };
    await keepNewest(box.core, BOX);
    expect(anchor().last?.index).toBe((await box.head()).index);
    expect(anchor().version).toBeGreaterThan(before.version);
  });

  test('twice does no harm', async () => {
    await keepNewest(box.core, BOX);
    const before = store.all(BOX);
    await keepNewest(box.core, BOX);
    expect(store.all(BOX)).toEqual(before);
  });

  test('may be stopped before any write and begun again', async () => {
    for (const name of ['project', 'replace'] as const) {
      const call = store[name];
      Object.assign(store, {
        [name]: async () => {
          throw new Error('the process ended');
        },
      });
      await expect(keepNewest(box.core, BOX)).rejects.toThrow('the process ended');
      expect(anchor()).not.toHaveProperty('last');
      Object.assign(store, { [name]: call });
    }
    await keepNewest(box.core, BOX);
    expect(anchor().last?.index).toBe((await box.head()).index);
  });

  test('keeps no changes', async () => {
    await keepNewest(box.core, BOX);
    for (const name of ['rows', 'effects', 'overflow']) expect(anchor().last).not.toHaveProperty(name);
    expect(JSON.stringify(anchor()).length).toBeLessThan(1000);
  });

  test('of no box, or of one that is being erased, does nothing', async () => {
    const other = 'tel:+15550199' as typeof BOX;
    await keepNewest(box.core, other);
    expect(store.all(other)).toEqual([]);
    await putEraseMarker(box.core, { box: BOX, epoch: (await box.head()).epoch });
    const before = store.all(BOX);
    await keepNewest(box.core, BOX);
    expect(store.all(BOX)).toEqual(before);
  });
});

test('a box whose newest entry was not kept in time is not taken for an empty or a shorter one', async () => {
  box.clock.nowMs += ENTRY_MS + DAY_MS;
  await expect(readTail(box.core, BOX)).rejects.toMatchObject({ kind: 'unavailable' });
  await expect(box.deposit(BOX, aMessage())).rejects.toMatchObject({ kind: 'unavailable' });
});
