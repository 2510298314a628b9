import type { Caller } from '../../../../core/write/device-operations.js';
import { revokeDevice } from '../../../../core/admin/devices.js';
import { connected } from '../../../../core/push/connections.js';
import type { Registry } from '../../../../core/ports/registry.js';
import type { StoredItem } from '../../../../core/model/items.js';
import { receiptKey } from '../../../../core/model/keys.js';
import { DEFAULT_POLICY } from '../../../../protocol/policy.js';
import { aMessage, BOX } from '../../../support/builders.js';
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

/** Does something just before a write of the registry, once. */
function before(name: 'revoke' | 'register', act: () => Promise<unknown>): void {
  const write = rig.registry[name].bind(rig.registry) as (...args: unknown[]) => Promise<unknown>;
  Object.assign(rig.registry, {
    [name]: async (...args: Parameters<Registry[typeof name]>) => {
      Object.assign(rig.registry, { [name]: write });
      await act();
      return write(...args);
    },
  });
}

test('a revoked device loses its connection', async () => {
  await revokeDevice(rig.core, BOX, phone.deviceId);
  expect(rig.closed).toEqual(['A']);
  expect(await connect('B', 2)).toBe(false);
});

test('a connection that is made while its device is revoked is closed too', async () => {
  before('revoke', () => connect('B', 2));
  await revokeDevice(rig.core, BOX, phone.deviceId);
  expect(rig.open).toEqual(new Set());
});

test('a connection that is made while another instance registers is closed too', async () => {
  before('register', () => connect('B', 2));
  await rig.device(BOX, 'phone', {}, 'phone-2');
  expect(rig.open).toEqual(new Set());
});

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
  const beforeReading = () => {
    const { device } = rig.registry;
    rig.registry.device = async (...asked) => {
      rig.registry.device = device;
      await goes();
      return device.apply(rig.registry, asked);
    };
  };

  test('[XO8, XO9] is not told by a 4xx that nothing was processed, but to come again, and then why', async () => {
    beforeReading();
    await expect(rig.sync(phone, request)).rejects.toMatchObject({ kind: 'busy' });
    expect((await rig.commits(BOX)).at(-1)?.rows.map(({ id }) => id)).toContain('m1');
    await expect(rig.sync(phone, request)).rejects.toMatchObject({ kind });
  });

  test('[AU5] learns it from the same request also where a restored store knows nothing of that', async () => {
    const key = receiptKey(phone.deviceId);
    const receipt = async () => (await rig.store.get(BOX, [key])).get(key);
    const put = (await receipt()) as StoredItem;
    await goes();
    const now = await receipt();
    await rig.store.write(BOX, [{ put, when: now ? { version: now.version } : 'absent' }]);
    await expect(rig.sync(phone, request)).rejects.toMatchObject({ kind: 'busy' });
    await expect(rig.sync(phone, request)).rejects.toMatchObject({ kind });
  });

  test('[AU5] is refused at once where it sent none', async () => {
    beforeReading();
    await expect(rig.sync(phone)).rejects.toMatchObject({ kind });
  });
});

describe.each<[string, () => Promise<unknown>, string]>([
  ['is revoked', () => revokeDevice(rig.core, BOX, phone.deviceId), 'device-not-registered'],
  ['is replaced', () => rig.device(BOX, 'phone', {}, 'phone-2'), 'instance-replaced'],
])('a device that %s while it synchronizes', (_, goes, kind) => {
  /** Just before the first call of this name. */
  const justBefore = (name: 'patch' | 'register') => {
    const call = rig.registry[name] as (...args: unknown[]) => Promise<unknown>;
    Object.assign(rig.registry, {
      [name]: async (...args: unknown[]) => {
        Object.assign(rig.registry, { [name]: call });
        await goes();
        return call.apply(rig.registry, args);
      },
    });
  };
  const syncedOf = async () => (await rig.registry.device(BOX, phone.deviceId))?.syncedModSeq ?? 0;

  test('[AU5, XO7] is refused for what happened where its position is noted', async () => {
    await rig.deposit(BOX, aMessage());
    justBefore('patch');
    await expect(rig.sync(phone)).rejects.toMatchObject({ kind });
    expect(await syncedOf()).toBe(0);
  });

  test('[AU5, XO7] is refused for it also where its policy has changed its scope before', async () => {
    await rig.deposit(BOX, aMessage());
    await rig.registry.putPolicy(DEFAULT_POLICY, { maxTextBytes: 100 });
    rig.clock.nowMs += 60_000;
    justBefore('register');
    await expect(rig.sync(phone)).rejects.toMatchObject({ kind });
    expect(await syncedOf()).toBe(0);
  });
});

test('a device that is revoked and registered again while it synchronizes is told to come again', async () => {
  await rig.deposit(BOX, aMessage());
  const { patch } = rig.registry;
  rig.registry.patch = async () => false;
  await expect(rig.sync(phone)).rejects.toMatchObject({ kind: 'busy' });
  rig.registry.patch = patch;
  expect((await rig.syncAll(phone)).changes.map(({ type }) => type)).toContain('message');
});
