import { revokeDevice } from '../../../../core/admin/devices.js';
import { isRegistryKey } from '../../../../core/model/keys.js';
import type { Store } from '../../../../core/ports/store.js';
import { connected } from '../../../../core/push/connections.js';
import type { Caller } from '../../../../core/write/device-operations.js';
import { DEFAULT_POLICY } from '../../../../protocol/policy.js';
import { aMessage, BOX } from '../../../support/builders.js';
import type { MemoryStore } from '../../../support/memory-store.js';
import { Rig } from '../../../support/rig.js';

let rig: Rig;
let phone: Caller;
beforeEach(async () => {
  rig = new Rig();
  phone = await rig.device(BOX, 'phone');
  await connect('A', 1);
});

const connect = async (id: string, atMs: number) => {
  const isIn = await connected(rig.core, phone, { id, atMs });
  if (isIn) rig.open.add(id);
  return isIn;
};

/** Does something just before a call of the store, once. */
function justBefore(name: 'append' | 'project', act: () => Promise<unknown>): void {
  const call = rig.store[name].bind(rig.store) as (...args: unknown[]) => Promise<unknown>;
  Object.assign(rig.store, {
    [name]: async (...args: Parameters<Store[typeof name]>) => {
      Object.assign(rig.store, { [name]: call });
      await act();
      return call(...args);
    },
  });
}

test('a revoked device loses its connection', async () => {
  await revokeDevice(rig.core, BOX, phone.deviceId);
  expect(rig.closed).toEqual(['A']);
  expect(await connect('B', 2)).toBe(false);
});

test.each(['append', 'project'] as const)(
  'a connection that is made while its device is revoked, before %s, is closed too',
  async (name) => {
    justBefore(name, () => connect('B', 2));
    await revokeDevice(rig.core, BOX, phone.deviceId);
    expect(rig.open).toEqual(new Set());
  },
);

test.each(['append', 'project'] as const)(
  'a connection that is made while another instance registers, before %s, is closed too',
  async (name) => {
    justBefore(name, () => connect('B', 2));
    await rig.device(BOX, 'phone', {}, 'phone-2');
    expect(rig.open).toEqual(new Set());
  },
);

test('a device is revoked though its connection cannot be closed, and that is noted', async () => {
  rig.core.sockets.close = async () => {
    throw new Error('throttled');
  };
  await revokeDevice(rig.core, BOX, phone.deviceId);
  expect(await rig.registry.device(BOX, phone.deviceId)).toBeUndefined();
  expect(rig.reports).toContainEqual({ event: 'closeFailed', error: 'Error' });
});

describe.each<[string, () => Promise<unknown>, string]>([
  ['is revoked', () => revokeDevice(rig.core, BOX, phone.deviceId), 'device-not-registered'],
  ['is replaced', () => rig.device(BOX, 'phone', {}, 'phone-2'), 'instance-replaced'],
])('a device that %s after its operations were committed', (_, goes, kind) => {
  const request = { operations: [aMessage({ n: 1, id: 'm1' })] };

  test('[XO8, XO9] is not told by a 4xx that nothing was processed, but to come again, and then why', async () => {
    justBefore('project', goes);
    await expect(rig.sync(phone, request)).rejects.toMatchObject({ kind: 'busy' });
    expect((await rig.commits(BOX)).at(-1)?.rows.map(({ id }) => id)).toContain('m1');
    await expect(rig.sync(phone, request)).rejects.toMatchObject({ kind });
  });

  test('[XO8] is refused at once where it goes before they are committed, and nothing is processed', async () => {
    justBefore('append', goes);
    await expect(rig.sync(phone, request)).rejects.toMatchObject({ kind });
    expect(await rig.commits(BOX)).toHaveLength(1);
  });

  test('[AU5] is refused also where the log was restored to a time before that, and nothing is processed', async () => {
    const { items } = (rig.store as MemoryStore).box(BOX);
    const saved = [...items.values()].filter(({ sk }) => !isRegistryKey(sk));
    await goes();
    for (const sk of items.keys()) if (!isRegistryKey(sk)) items.delete(sk);
    for (const item of saved) items.set(item.sk, item);
    await expect(rig.sync(phone, request)).rejects.toMatchObject({ kind });
    await expect(rig.sync(phone)).rejects.toMatchObject({ kind });
    expect(await rig.commits(BOX)).toHaveLength(1);
  });

  test('[AU5] is refused at once where it sent none', async () => {
    justBefore('project', goes);
    await expect(rig.sync(phone)).rejects.toMatchObject({ kind });
  });
});

describe.each<[string, () => Promise<unknown>, string]>([
  ['is revoked', () => revokeDevice(rig.core, BOX, phone.deviceId), 'device-not-registered'],
  ['is replaced', () => rig.device(BOX, 'phone', {}, 'phone-2'), 'instance-replaced'],
])('a device that %s while it synchronizes', (_, goes, kind) => {
  const syncedOf = async () => (await rig.registry.device(BOX, phone.deviceId))?.syncedModSeq ?? 0;

  test('[AU5, XO7] is refused for what happened where its position is noted', async () => {
    await rig.deposit(BOX, aMessage());
    justBefore('project', goes);
    await expect(rig.sync(phone)).rejects.toMatchObject({ kind });
    expect(await syncedOf()).toBe(0);
  });

  test('[AU5, XO7] is refused for it also where its policy has changed its scope before', async () => {
    await rig.deposit(BOX, aMessage());
    await rig.registry.putPolicy(DEFAULT_POLICY, { maxTextBytes: 100 });
    rig.clock.nowMs += 60_000;
    justBefore('append', goes);
    await expect(rig.sync(phone)).rejects.toMatchObject({ kind });
    expect(await syncedOf()).toBe(0);
    justBefore('project', async () => undefined);
    await expect(rig.sync(phone)).rejects.toMatchObject({ kind });
  });
});

test('a device that is revoked and registered again while it synchronizes is told to come again', async () => {
  await rig.deposit(BOX, aMessage());
  const { project } = rig.store;
  rig.store.project = async () => ({ outcome: 'deviceGone', dropped: [] }); // and it is there again when it is looked at
  await expect(rig.sync(phone)).rejects.toMatchObject({ kind: 'busy' });
  rig.store.project = project;
  expect((await rig.syncAll(phone)).changes.map(({ type }) => type)).toContain('message');
});

test('[DV7] a device that was revoked, and no more than that, is applied by others where the revoker died', async () => {
  justBefore('project', async () => {
    throw new Error('the process ended');
  });
  await expect(revokeDevice(rig.core, BOX, phone.deviceId)).rejects.toThrow('the process ended');
  await expect(rig.sync(phone)).rejects.toMatchObject({ kind: 'device-not-registered' });
  await rig.projected(BOX);
  expect(await rig.registry.device(BOX, phone.deviceId)).toBeUndefined();
});
