import type { BatchGetItemCommandInput } from '@aws-sdk/client-dynamodb';
import type { BoxId } from '../../../../core/model/items.js';
import type { StoredItem } from '../../../../core/model/stored-item.js';
import { ticketPartition } from '../../../../core/model/ticket-partition.js';
import type { DeviceId, InstanceId, PolicyId } from '../../../../protocol/ids.js';
import { BOX } from '../../../support/builders.js';
import { anEntry, anItem } from '../../../support/store-items.js';
import { scripted } from './scripted.js';

jest.mock('node:timers/promises', () => ({ setTimeout: async () => undefined })); // waits take no time

const PHONE = 'phone' as DeviceId;
const registration = (version: number, since = version) => ({
  sk: 'D#phone',
  version,
  content: {
    kind: 'device',
    sk: 'D#phone',
    version,
    deviceId: PHONE,
    instanceId: 'i',
    since,
  } as unknown as StoredItem,
});

/** Every item was written twice: a stale read sees the first version, or no item. */
async function written(keys: readonly string[]) {
  const all = scripted();
  for (const version of [1, 2])
    for (const sk of keys) await all.store.put(BOX, anItem(sk, version), 'always');
  return all;
}

const versions = (items: Iterable<StoredItem>) => [...items].map(({ version }) => version);

describe('what is read shows all that was written before, where the database could give what is old', () => {
  test('get, of one item and of several', async () => {
    const { store } = await written(['A#1', 'A#2', 'I#phone']);
    expect(versions((await store.get(BOX, ['A#1'])).values())).toEqual([2]);
    expect(versions((await store.get(BOX, ['A#1', 'A#2', 'I#phone'])).values())).toEqual([2, 2, 2]);
  });

  test('get, of what was left unprocessed and asked for again', async () => {
    const { store, database } = await written(['A#1', 'A#2', 'A#3', 'I#phone', 'S#phone#1#x']);
    database.unprocessed = 3;
    const keys = ['A#1', 'A#2', 'A#3', 'I#phone', 'S#phone#1#x'];
    expect(versions((await store.get(BOX, keys)).values())).toEqual([2, 2, 2, 2, 2]);
  });

  test('query, in the boxes and in the registry', async () => {
    const { store } = await written(['A#1', 'A#2', 'D#1']);
    const range = { from: 'A#', to: 'A$', limit: 5 };
    expect(versions((await store.query(BOX, range)).items)).toEqual([2, 2]);
    expect(versions((await store.query(BOX, { ...range, descending: true })).items)).toEqual([2, 2]);
    expect(versions((await store.query(BOX, { ...range, from: 'D#', to: 'D$' })).items)).toEqual([2]);
  });

  test('keys, of both tables', async () => {
    const { store } = scripted();
    for (const sk of ['A#1', 'D#phone']) await store.put(BOX, anItem(sk), 'always');
    expect(await store.keys(BOX, 5)).toEqual({ keys: ['A#1', 'D#phone'], more: false });
  });

  test('device, devices, policy and tickets', async () => {
    const { store, registry } = scripted();
    await store.project(BOX, [registration(1)]);
    await store.project(BOX, [registration(2, 1)]);
    expect(await registry.device(BOX, PHONE)).toMatchObject({ version: 2 });
    expect(await registry.devices(BOX)).toMatchObject([{ version: 2 }]);
    const id = 'p' as PolicyId;
    await registry.putPolicy(id, { retentionDays: 7 });
    expect(await registry.policy(id)).toEqual({ retentionDays: 7 });
    const ticket = `${ticketPartition(BOX)}-1`;
    await registry.putTicket(ticket, { box: BOX, deviceId: PHONE, instanceId: 'i' as InstanceId }, 2000);
    expect(await registry.removeTickets(BOX)).toBe(1);
  });

  test('what a device was answered waits for its registration only as long as that is not there', async () => {
    const { store } = scripted();
    const state = { since: 5, lastN: 1, firstN: 1, digests: [], results: [] };
    await store.project(BOX, [registration(5)]);
    await store.project(BOX, [{ sk: 'D#phone', version: 7, state }]);
    const again = await store.project(BOX, [{ sk: 'D#phone', version: 7, state }]);
    expect(again.outcome).toBe('done');
  });
});

test('getStale costs half, and may give what is old: so it is for what decides nothing', async () => {
  const { store, database } = await written(['A#1', 'A#2']);
  expect(versions((await store.getStale(BOX, ['A#1', 'A#2'])).values())).toEqual([1, 1]);
  expect(versions((await store.getStale(BOX, ['A#1'])).values())).toEqual([1]);
  const [batch] = database.callsOf<BatchGetItemCommandInput>('BatchGetItem');
  expect(Object.values(batch?.RequestItems ?? {}).map(({ ConsistentRead }) => ConsistentRead)).toEqual([
    false,
  ]);
});

describe('keys that are left unprocessed', () => {
  const keys = Array.from({ length: 8 }, (_, i) => `A#${i}`);

  test('are asked for again, several times in a row, until all are there', async () => {
    const { store, database } = await written(keys);
    database.unprocessed = 6;
    expect([...(await store.get(BOX, keys)).keys()].sort()).toEqual(keys);
    expect(database.callsOf('BatchGetItem')).toHaveLength(7);
  });

  test('are not taken for items that are not there when they stay so', async () => {
    const { store, database } = await written(keys);
    database.unprocessed = Number.POSITIVE_INFINITY;
    const many = Array.from({ length: 50 }, (_, i) => `B#${i}`);
    await expect(store.get(BOX, many)).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(store.getStale(BOX, many)).rejects.toMatchObject({ kind: 'unavailable' });
    expect(database.callsOf('BatchGetItem').length).toBeLessThan(20);
  });
});

describe('a call that hangs', () => {
  const isSettled = async (work: Promise<unknown>) => {
    const pending = Symbol('pending');
    const soon = new Promise((resolve) => setImmediate(() => resolve(pending)));
    return (await Promise.race([work, soon])) !== pending;
  };

  test.each<[string, (all: ReturnType<typeof scripted>) => Promise<unknown>]>([
    ['GetItem', ({ store }) => store.get(BOX, ['A#1'])],
    [
      'BatchGetItem',
      ({ store }) =>
        store.get(
          BOX,
          Array.from({ length: 150 }, (_, i) => `A#${i}`),
        ),
    ],
    ['Query', ({ store }) => store.query(BOX, { from: 'A', to: 'B', limit: 5 })],
    ['PutItem', ({ store }) => store.append(BOX, anEntry(1))],
    ['PutItem', ({ store }) => store.put(BOX, anItem('A#1'), 'always')],
    [
      'UpdateItem',
      ({ registry }) =>
        registry.patch({ box: BOX as BoxId, deviceId: PHONE, instanceId: 'i' as InstanceId }, { set: {} }),
    ],
  ])('%s, holds back the answer, and nothing is made up for it', async (name, call) => {
    const all = scripted();
    all.database.hangs = (each, nth) => each === name && nth === 1;
    const work = call(all);
    expect(await isSettled(work)).toBe(false);
    all.database.release();
    await work;
  });
});
