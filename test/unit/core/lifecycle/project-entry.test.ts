import { registerDevice, revokeDevice } from '../../../../core/admin/devices.js';
import { projectEntries } from '../../../../core/lifecycle/project-entry.js';
import type { LogEntry } from '../../../../core/model/log-entry.js';
import type { StoredItem } from '../../../../core/model/stored-item.js';
import { DAY_MS } from '../../../../core/model/timing.js';
import { BoxUnderTest } from '../../../support/box-under-test.js';
import {
  aConversation,
  aFolder,
  aMessage,
  BOX,
  deletion,
  modification,
  removal,
  stateChange,
} from '../../../support/builders.js';
import { seeded } from '../../../support/interleaving.js';
import { MemoryStore } from '../../../support/memory-store.js';
import { retain } from '../../../support/time-to-live.js';

let store: MemoryStore;
let box: BoxUnderTest;
beforeEach(async () => {
  store = new MemoryStore();
  box = new BoxUnderTest(store);
});

/** Records as the stream has them: without the effects of large entries. */
const records = async (): Promise<LogEntry[]> =>
  (await store.query(BOX, { from: 'L#', to: 'L$', limit: 1000 })).items.filter(
    (item) => item.kind === 'entry',
  );
const view = (): StoredItem[] => store.all(BOX).filter(({ sk }) => /^[FNHEBDI]#/.test(sk));
const forgetView = () => {
  for (const { sk } of view()) store.box(BOX).items.delete(sk);
};

async function fill(): Promise<void> {
  await box.given(aFolder('f1'), aConversation({ folderId: 'f1' }));
  await box.given(
    aMessage({ id: 'm1', flags: ['a'] }),
    aMessage({ id: 'm2', textContent: 'x'.repeat(20_000) }),
  );
  await box.given(
    stateChange('m1', { addFlags: ['b'] }),
    modification('message', 'm2', { textContent: 'short' }),
  );
  await box.given(deletion('m1'), modification('folder', 'f1', { name: 'other' }));
  await box.given(
    stateChange('m2', { addFlags: ['c'] }),
    aMessage({ id: 'm3', textContent: 'y'.repeat(20_000) }),
  );
  await box.given(removal('message', 'm3'), removal('folder', 'f1'));
}

describe('entries of the Participating Function', () => {
  test('are applied to the view, large ones too', async () => {
    await box.given(aMessage({ id: 'm1', textContent: 'x'.repeat(20_000), flags: ['a'] }));
    expect(store.box(BOX).read('E#c1#M#m1')).toBeUndefined();
    await projectEntries(box.core, BOX, await records());
    expect(store.box(BOX).read('E#c1#M#m1')).toMatchObject({
      kind: 'message',
      bodyBytes: expect.any(Number),
      state: { flags: ['a'] },
    });
    expect(store.box(BOX).read('B#c1#M#m1')).toMatchObject({ data: { textContent: 'x'.repeat(20_000) } });
  });

  test.each(Array.from({ length: 20 }, (_, i) => i + 1))(
    'come to the same late, twice and in any order (seed %i)',
    async (seed) => {
      await fill();
      const all = await records();
      await projectEntries(box.core, BOX, all);
      const expected = view();
      forgetView();
      const random = seeded(seed);
      const shuffled = [...all, ...all].map((entry) => ({ entry, at: random() })).sort((a, b) => a.at - b.at);
      for (let i = 0; i < shuffled.length; ) {
        const some = shuffled.slice(i, i + 1 + Math.floor(random() * 3));
        await projectEntries(
          box.core,
          BOX,
          some.map(({ entry }) => entry),
        );
        i += some.length;
      }
      // Whether there is a note in place of a content that nobody has asks for the content first.
      expect(view()).toEqual(expected);
    },
  );

  test('that are applied already are not written once more', async () => {
    await fill();
    await projectEntries(box.core, BOX, await records());
    const project = jest.spyOn(store, 'project');
    await projectEntries(box.core, BOX, await records());
    expect(project).not.toHaveBeenCalled();
    expect(box.reports.at(-1)).toMatchObject({ event: 'projected', writes: 0 });
  });

  test('that are applied in part are written where they are not', async () => {
    await box.given(aMessage({ id: 'm1' }), aMessage({ id: 'm2' }));
    await projectEntries(box.core, BOX, await records());
    store.box(BOX).items.delete('E#c1#M#m2');
    const project = jest.spyOn(store, 'project');
    await projectEntries(box.core, BOX, await records());
    expect(project.mock.calls.map(([, writes]) => writes.map(({ sk }) => sk))).toEqual([['E#c1#M#m2']]);
  });

  test('without changes of items cost no look', async () => {
    await box.device(BOX, 'phone');
    const look = jest.spyOn(store, 'getStale');
    await projectEntries(box.core, BOX, [{ ...((await records()).at(-1) as LogEntry), effects: [] }]);
    expect(look).not.toHaveBeenCalled();
  });

  test('[RT4] put back what has expired and was removed, for the database to remove it once more, and nobody sees it', async () => {
    await retain(box, 30);
    await box.given(aMessage({ id: 'm1', flags: ['a'] }));
    const late = await records();
    await projectEntries(box.core, BOX, late);
    box.clock.nowMs += 30 * DAY_MS;
    store.removeExpired(BOX, box.clock.nowMs);
    await projectEntries(box.core, BOX, late);
    expect(store.box(BOX).read('E#c1#M#m1')).toMatchObject({ expiresAtMs: box.clock.nowMs });
    expect(await box.names('message')).toEqual([]);
    expect(await box.statuses(aMessage({ id: 'm1' }))).toEqual(['gone']);
  });

  test('say how late they are', async () => {
    await box.given(aMessage());
    await box.given(aMessage());
    box.clock.nowMs += 700;
    await projectEntries(box.core, BOX, await records());
    expect(box.reports.at(-1)).toMatchObject({
      event: 'projected',
      ageMs: 700,
      writes: expect.any(Number),
      behind: 1,
    });
  });
});

describe('entries about devices', () => {
  const register = (instanceId: string) =>
    registerDevice(box.core, BOX, 'phone' as never, { instanceId, preferences: {} } as never);

  test('are applied by the reader of the stream where their writer has died', async () => {
    const { project } = store;
    await box.given(aMessage());
    store.project = async () => {
      throw new Error('the process ended');
    };
    await expect(register('i1')).rejects.toThrow('the process ended');
    store.project = project;
    expect(await box.registry.device(BOX, 'phone' as never)).toBeUndefined();
    await projectEntries(box.core, BOX, await records());
    expect(await box.registry.device(BOX, 'phone' as never)).toMatchObject({ instanceId: 'i1' });
  });

  test('that wait for a registration come again', async () => {
    const phone = await box.device(BOX, 'phone');
    const registration = await records();
    await box.sync(phone, { operations: [aFolder('f1', { n: 1 })] });
    const operations = (await records()).slice(-1);
    forgetView();
    await expect(projectEntries(box.core, BOX, operations)).rejects.toThrow('waits for its registration');
    await projectEntries(box.core, BOX, registration);
    await projectEntries(box.core, BOX, operations);
    expect((await box.registry.device(BOX, 'phone' as never))?.idempotency).toMatchObject({ lastN: 1 });
  });

  test('of an instance that was replaced or revoked since change nothing', async () => {
    const phone = await box.device(BOX, 'phone');
    await box.sync(phone, { operations: [aFolder('f1', { n: 1 })] });
    const late = await records();
    await register('i2');
    await projectEntries(box.core, BOX, late);
    expect(await box.registry.device(BOX, 'phone' as never)).toMatchObject({
      instanceId: 'i2',
      idempotency: { lastN: 0 },
    });
    await revokeDevice(box.core, BOX, 'phone' as never);
    await projectEntries(box.core, BOX, late);
    expect(await box.registry.device(BOX, 'phone' as never)).toBeUndefined();
  });
});

test('entries that the log does not have, since the box was erased or has another past, are not applied', async () => {
  await fill();
  const late = await records();
  const { index } = await box.head();
  store.boxes.clear();
  await projectEntries(box.core, BOX, late);
  expect(store.all(BOX)).toEqual([]);
  await box.given(aMessage());
  const other = { ...((await records()).at(-1) as LogEntry), nonce: 'of another past' };
  await projectEntries(box.core, BOX, [other]);
  expect(store.box(BOX).read('H#c1#')).toBeUndefined();
  expect(index).toBeGreaterThan(0);
});
