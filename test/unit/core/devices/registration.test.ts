import { listDevices, registerDevice, showDevice } from '../../../../core/admin/devices.js';
import { assignToDevice } from '../../../../core/admin/policies.js';
import type { DeviceId, InstanceId, PolicyId } from '../../../../protocol/ids.js';
import type { Policy } from '../../../../protocol/policy.js';
import { BOX } from '../../../support/builders.js';
import { Actor, inManyOrders, interleave } from '../../../support/interleaving.js';
import { Rig } from '../../../support/rig.js';

const registration = { instanceId: 'i1' as InstanceId, preferences: {} };

test('[DV8, PO7] of several that see the last place free at the same moment one gets it', async () => {
  const orders = await inManyOrders(
    async (choose) => {
      const rig = new Rig();
      await rig.registry.putPolicy('default' as PolicyId, { maxDevices: 2 });
      await rig.device(BOX, 'phone');
      const actors = ['tablet', 'watch'].map(
        (id) => new Actor(id, rig.core, (core) => registerDevice(core, BOX, id as DeviceId, registration)),
      );
      await interleave(actors, choose);
      const kinds = actors.map(({ error }) => (error as { kind?: string } | undefined)?.kind);
      expect(kinds.filter((kind) => kind !== undefined)).toEqual(['too-many-devices']);
      expect(await rig.registry.devices(BOX)).toHaveLength(2);
    },
    { atMost: 60 },
  );
  expect(orders).toBeGreaterThan(50);
});

test('[SC7] a zero with a sign is no change of the scope', async () => {
  const rig = new Rig();
  const phone = await rig.device(BOX, 'phone', { maxTextBytes: 0 });
  const { syncToken } = await rig.sync(phone);
  await rig.device(BOX, 'phone', { maxTextBytes: -0 });
  expect(await showDevice(rig.core, BOX, phone.deviceId)).toMatchObject({ scopeVersion: 1 });
  expect(await rig.sync(phone, { syncToken })).not.toHaveProperty('effective');
});

test('[SC1, DV6, PO10] a device is shown and listed with the scope by its policies as they are, before it synchronizes', async () => {
  const rig = new Rig();
  const phone = await rig.device(BOX, 'phone', { maxTextBytes: 100 });
  const narrow = 'narrow' as PolicyId;
  await rig.registry.putPolicy(narrow, { elementTypes: ['message'], maxTextBytes: 7 } as Policy);
  await assignToDevice(rig.core, BOX, phone.deviceId, narrow);
  const expected = { effective: { elementTypes: ['message'], maxTextBytes: 7 }, scopeVersion: 2 };
  expect(await showDevice(rig.core, BOX, phone.deviceId)).toMatchObject(expected);
  expect(await listDevices(rig.core, BOX)).toMatchObject([expected]);
  await rig.sync(phone);
  expect(await showDevice(rig.core, BOX, phone.deviceId)).toMatchObject(expected);
});
