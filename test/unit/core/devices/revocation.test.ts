import type { Caller } from '../../../../core/commit/commit-operations.js';
import { revokeDevice } from '../../../../core/devices/devices.js';
import { connected } from '../../../../core/push/connections.js';
import type { Registry } from '../../../../core/registry.js';
import { BOX } from '../../../support/builders.js';
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
