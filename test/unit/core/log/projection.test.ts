import { listDevices } from '../../../../core/admin/devices.js';
import { showBox } from '../../../../core/admin/show-box.js';
import { findProjected, project } from '../../../../core/log/projection.js';
import type { BoxId } from '../../../../core/model/items.js';
import type { LogEntry } from '../../../../core/model/log-entry.js';
import { LEFT_LYING_MS } from '../../../../core/model/timing.js';
import { historyOf } from '../../../../core/read/history-of.js';
import { deposit } from '../../../../core/write/deposit.js';
import type { Caller } from '../../../../core/write/device-operations.js';
import { BoxUnderTest } from '../../../support/box-under-test.js';
import { aFolder, aMessage, BOX, deletion, stateChange } from '../../../support/builders.js';
import { MemoryStore } from '../../../support/memory-store.js';
import { aMessageEffect, anEntry, FIRST } from './log-entry.js';

/** A store that notes what is written of the view, and in which processes can end before they write it. */
class Mortal extends MemoryStore {
  endsBeforeProject = false;
  looked: string[][] = [];
  projected: string[][] = [];
  others = 0; // writes beside entries

  override async getStale(box: BoxId, keys: readonly string[]) {
    this.looked.push([...keys]);
    return super.getStale(box, keys);
  }

  override async project(...args: Parameters<MemoryStore['project']>) {
    if (this.endsBeforeProject) throw new Ended();
    this.projected.push(args[1].map(({ sk }) => sk));
    return super.project(...args);
  }

  override async replace(...args: Parameters<MemoryStore['replace']>) {
    this.others++;
    return super.replace(...args);
  }

  override async remove(...args: Parameters<MemoryStore['remove']>) {
    this.others++;
    return super.remove(...args);
  }
}

class Ended extends Error {}

let store: Mortal;
let box: BoxUnderTest;
beforeEach(() => {
  store = new Mortal();
  box = new BoxUnderTest(store);
});

describe('looking how far entries are applied', () => {
  const entries = [
    anEntry(FIRST, [aMessageEffect('a')]),
    anEntry(FIRST + 1, [aMessageEffect('b'), aMessageEffect('c')]),
    anEntry(FIRST + 2, [aMessageEffect('d')]),
  ] as const;
  const looked = (behind: readonly LogEntry[] = entries) => findProjected(box.core, BOX, FIRST - 1, behind);
  const left = async () => (await looked()).left.map(({ index }) => index);
  beforeEach(() => {
    box.clock.nowMs = LEFT_LYING_MS + 1;
  });

  test('goes on over whole entries alone', async () => {
    expect(await looked()).toMatchObject({ projected: FIRST - 1 });
    await project(box.core, BOX, [entries[0]]);
    expect(await looked()).toMatchObject({ projected: FIRST });
    await project(box.core, BOX, [{ ...entries[1], effects: [aMessageEffect('b')] }]);
    expect(await looked()).toMatchObject({ projected: FIRST });
    await project(box.core, BOX, [entries[1]]);
    expect(await looked()).toMatchObject({ projected: FIRST + 1 });
  });

  test('does not go on over one that is not applied to one that is', async () => {
    await project(box.core, BOX, [entries[0], entries[2]]);
    expect(await looked()).toMatchObject({ projected: FIRST, left: [{ index: FIRST + 1 }] });
  });

  test('needs each part of an item', async () => {
    const state = { modSeq: 1, flags: ['x'], dispositions: [] };
    const both = anEntry(FIRST, [aMessageEffect('a', 1, { state })]);
    await project(box.core, BOX, [entries[0]]);
    expect(await looked([both])).toMatchObject({ projected: FIRST - 1 });
    await project(box.core, BOX, [both]);
    expect(await looked([both])).toMatchObject({ projected: FIRST });
  });

  test('takes what is newer for applied', async () => {
    await project(box.core, BOX, [
      anEntry(
        FIRST + 9,
        ['a', 'b', 'c', 'd'].map((id) => aMessageEffect(id)),
      ),
    ]);
    expect(await looked()).toEqual({ projected: FIRST + 2, left: [] });
  });

  test('takes an entry that writes nothing for applied', async () => {
    expect(await looked([anEntry(FIRST, []), anEntry(FIRST + 1, [])])).toEqual({
      projected: FIRST + 1,
      left: [],
    });
    expect(store.looked).toEqual([]);
  });

  test('does not take what has expired and is not there for applied: it may never have been', async () => {
    const expiring = [anEntry(FIRST, [aMessageEffect('a', 1, { expiresAtMs: box.clock.nowMs })])];
    expect(await looked(expiring)).toMatchObject({ projected: FIRST - 1 });
    await project(box.core, BOX, expiring);
    expect(await looked(expiring)).toMatchObject({ projected: FIRST });
  });

  test('leaves an entry to its writer for two seconds', async () => {
    await project(box.core, BOX, [entries[0]]);
    expect(await left()).toEqual([FIRST + 1, FIRST + 2]);
    box.clock.nowMs = LEFT_LYING_MS;
    expect(await left()).toEqual([]);
  });

  test('looks at a hundred items at the most, and at one entry at the least', async () => {
    const large = (index: number, count: number) =>
      anEntry(
        index,
        Array.from({ length: count }, (_, i) => aMessageEffect(`${index} ${i}`)),
      );
    await looked([large(FIRST, 60), large(FIRST + 1, 40), large(FIRST + 2, 1)]);
    await looked([large(FIRST, 150), large(FIRST + 1, 1)]);
    expect(store.looked.map(({ length }) => length)).toEqual([100, 150]);
  });
});

describe('projecting several entries', () => {
  test('writes of each part the newest alone', async () => {
    const written = jest.spyOn(store, 'project');
    await project(box.core, BOX, [
      anEntry(FIRST, [aMessageEffect('a', 1), aMessageEffect('b', 1)]),
      anEntry(FIRST + 1, [aMessageEffect('a', 2)]),
      anEntry(FIRST + 2, [aMessageEffect('a', 3)]),
    ]);
    const [, writes = []] = written.mock.calls[0] ?? [];
    expect(writes.map(({ sk, version }) => [sk, version])).toEqual([
      ['E#c1#M#a', FIRST + 2],
      ['E#c1#M#b', FIRST],
    ]);
  });

  test('leaves every item as it is after them one by one, whatever parts they write', async () => {
    const state = (...flags: string[]) => ({ modSeq: 1, flags, dispositions: [] });
    const sk = 'E#c1#M#a';
    const entries = [
      anEntry(FIRST, [aMessageEffect('a', 1, { state: state('x') })]),
      anEntry(FIRST + 1, [{ sk, state: state('y') }]),
      anEntry(FIRST + 2, [aMessageEffect('a', 3)]),
      anEntry(FIRST + 3, [{ sk, state: state('z') }]),
      anEntry(FIRST + 4, [aMessageEffect('a', 5)]),
    ];
    for (let count = 1; count <= entries.length; count++) {
      const [together, oneByOne] = [new BoxUnderTest(), new BoxUnderTest()];
      await project(together.core, BOX, entries.slice(0, count));
      for (const entry of entries.slice(0, count)) await project(oneByOne.core, BOX, [entry]);
      expect((together.store as MemoryStore).all(BOX)).toEqual((oneByOne.store as MemoryStore).all(BOX));
    }
  });
});

describe('an entry that its writer has left lying', () => {
  let phone: Caller;
  let tablet: Caller;
  beforeEach(async () => {
    phone = await box.device(BOX, 'phone');
    tablet = await box.device(BOX, 'tablet');
    await box.given(aMessage({ id: 'm1' }));
    await box.projected(BOX);
    for (const device of [phone, tablet]) await box.syncAll(device);
    store.projected = [];
  });

  /** The phone changes something, and its function ends before it has applied that. */
  const dies = async (operation: object) => {
    store.endsBeforeProject = true;
    await expect(box.sync(phone, { operations: [operation] })).rejects.toThrow(Ended);
    store.endsBeforeProject = false;
  };
  const flags = async () => {
    const item = (await store.get(BOX, ['E#c1#M#m1'])).get('E#c1#M#m1');
    return item?.kind === 'message' ? item.state?.flags : undefined;
  };

  test('[OP6] counts as committed at once', async () => {
    await dies(stateChange('m1', { addFlags: ['x'] }, { n: 1 }));
    expect(await flags()).toBeUndefined();
    expect(await box.element('messageState', 'm1')).toMatchObject({ flags: ['x'] });
    expect(await box.statuses(stateChange('m1', { addFlags: ['x'] }))).toEqual(['unchanged']);
  });

  test('[XO2] is found by the device that sends the same again', async () => {
    await dies(stateChange('m1', { addFlags: ['x'] }, { n: 1 }));
    const { results } = await box.sync(phone, {
      operations: [stateChange('m1', { addFlags: ['x'] }, { n: 1 })],
    });
    expect(results).toEqual([{ n: 1, status: 'applied', modSeq: 3 }]);
    expect(await box.commits(BOX)).toHaveLength(3);
  });

  test.each([
    ['a device', () => box.sync(tablet, { operations: [aFolder('f1', { n: 1 })] })],
    ['a registration', () => box.device(BOX, 'watch')],
    ['a deposit, where it is about no device', () => deposit(box.core, BOX, [aFolder('f1')])],
  ])('is applied by the next writer when it is older than two seconds: %s', async (who, writes) => {
    if (who.startsWith('a deposit')) {
      await box.given(stateChange('m1', { addFlags: ['x'] }));
      await box.given(deletion('m1'));
      box.clock.nowMs += LEFT_LYING_MS + 1;
      await writes();
      expect((await store.get(BOX, ['E#c1#M#m1'])).get('E#c1#M#m1')).toMatchObject({ kind: 'tombstone' });
      return;
    }
    await dies(stateChange('m1', { addFlags: ['x'] }, { n: 1 }));
    box.clock.nowMs += LEFT_LYING_MS + 1;
    await writes();
    expect(await flags()).toEqual(['x']);
  });

  test('is left to its writer by others before that', async () => {
    await dies(stateChange('m1', { addFlags: ['x'] }, { n: 1 }));
    box.clock.nowMs += LEFT_LYING_MS;
    await box.sync(tablet, { operations: [aFolder('f1', { n: 1 })] });
    expect(await flags()).toBeUndefined();
    expect(await box.element('messageState', 'm1')).toMatchObject({ flags: ['x'] });
  });

  test('that is about a device is left to others by a deposit', async () => {
    await dies(stateChange('m1', { addFlags: ['x'] }, { n: 1 }));
    box.clock.nowMs += LEFT_LYING_MS + 1;
    await deposit(box.core, BOX, [aFolder('f1')]);
    expect(store.projected).toEqual([]);
  });

  test('is never applied by a reader, however old it is', async () => {
    await dies(stateChange('m1', { addFlags: ['x'] }, { n: 1 }));
    const { syncToken = '' } = await box.syncAll(tablet);
    box.clock.nowMs += 60 * LEFT_LYING_MS;
    store.projected = [];
    store.others = 0;
    await box.sync(tablet, { syncToken });
    await box.syncAll(tablet);
    await historyOf(box.core, BOX, 'c1' as never, { deviceId: tablet.deviceId, limit: 9 });
    await showBox(box.core, BOX);
    await listDevices(box.core, BOX);
    expect([store.projected.flat(), store.others]).toEqual([[], 0]);
    expect(await flags()).toBeUndefined();
  });

  test('holds up how far the view is known to be complete, until it is applied', async () => {
    await dies(stateChange('m1', { addFlags: ['x'] }, { n: 1 }));
    const { index } = await box.head();
    for (let i = 0; i < 3; i++) await box.sync(tablet, { operations: [aFolder(`f${i}`, { n: i + 1 })] });
    expect((await box.head()).projected).toBe(index - 1);
    box.clock.nowMs += LEFT_LYING_MS + 1;
    for (let i = 3; i < 6; i++) await box.sync(tablet, { operations: [aFolder(`f${i}`, { n: i + 1 })] });
    expect((await box.head()).projected).toBeGreaterThan(index);
  });
});
