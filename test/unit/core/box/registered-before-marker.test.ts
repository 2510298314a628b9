import { registerDevice } from '../../../../core/admin/devices.js';
import { startErasing } from '../../../../core/lifecycle/erase.js';
import type { DeviceId, InstanceId } from '../../../../protocol/ids.js';
import { aConversation, aMessage, BOX } from '../../../support/builders.js';
import { Erasable } from '../../../support/erasable.js';
import { Actor } from '../../../support/interleaving.js';

const PHONE = 'phone' as DeviceId;
const registration = { instanceId: 'i' as InstanceId, preferences: { maxTextBytes: 10 } };

/** The registration stops before one of its calls, while the box is ordered to be erased, and continues afterwards. */
async function registeredMeanwhile(stopsAt: number, hasDevice: boolean) {
  const rig = new Erasable();
  await rig.deposit(BOX, aConversation(), aMessage());
  if (hasDevice) await rig.device(BOX, 'tablet');
  const actor = new Actor('registers', rig.core, (core) => registerDevice(core, BOX, PHONE, registration));
  for (let step = 0; step < stopsAt && !actor.isDone; step++) await actor.step();
  const isBefore = !actor.isDone;
  await startErasing(rig.core, BOX);
  for (let step = 0; step < 3 && !actor.isDone; step++) await actor.step();
  // The rest of the registration has its time before the box counts as erased.
  await rig.work(rig.core, 60, async () => {
    while (!actor.isDone) await actor.step();
  });
  while (!actor.isDone) await actor.step();
  return { rig, isBefore };
}

test.each([false, true])(
  '[SP3] a registration that began before its box was marked for erasure leaves nothing (of a box with another device: %s)',
  async (hasDevice) => {
    let stops = 0;
    for (; ; stops++) {
      const { rig, isBefore } = await registeredMeanwhile(stops, hasDevice);
      expect({ stops, left: rig.store.all(BOX).map(({ sk }) => sk) }).toEqual({ stops, left: [] });
      expect(rig.left()).toBe(0);
      if (!isBefore) break;
    }
    expect(stops).toBeGreaterThan(3);
  },
);

test('[SP3] a connection that such a registration got is closed', async () => {
  const rig = new Erasable();
  await rig.deposit(BOX, aConversation());
  await registerDevice(rig.core, BOX, PHONE, registration);
  await rig.registry.patch(
    { box: BOX, deviceId: PHONE, instanceId: registration.instanceId },
    {
      set: { connectionId: 'A', connectedAtMs: rig.clock.nowMs },
    },
  );
  await startErasing(rig.core, BOX);
  await rig.work();
  expect(rig.closed).toEqual(['A']);
  expect(rig.left()).toBe(0);
});
