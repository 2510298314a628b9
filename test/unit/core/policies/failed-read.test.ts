import { assignToBox, assignToDevice, putPolicy } from '../../../../core/admin/policies.js';
import type { DeviceId, PolicyId } from '../../../../protocol/ids.js';
import { BOX } from '../../../support/builders.js';
import { Rig } from '../../../support/rig.js';

const SMALL = 'small' as PolicyId;

let rig: Rig;
beforeEach(async () => {
  rig = new Rig();
  await rig.registry.putPolicy(SMALL, { maxTextBytes: 10 });
});

/** The next read of a policy fails; returns how often policies were read by then. */
function failingOnce() {
  const policy = rig.registry.policy.bind(rig.registry);
  const reads: PolicyId[] = [];
  let isBroken = true;
  rig.registry.policy = async (id) => {
    reads.push(id);
    if (!isBroken) return policy(id);
    isBroken = false;
    throw new Error('the database failed');
  };
  return reads;
}

test('a policy read that failed is repeated by the next request, in the same millisecond', async () => {
  const phone = await rig.device(BOX, 'phone');
  await assignToBox(rig.core, BOX, SMALL);
  rig.clock.nowMs += 5000;
  const reads = failingOnce();
  await expect(rig.sync(phone)).rejects.toThrow('the database failed');
  expect((await rig.sync(phone)).effective).toMatchObject({ maxTextBytes: 10 });
  expect(reads.length).toBeGreaterThan(1);
});

test('a policy is read once a second, and a second later as it is then', async () => {
  const phone = await rig.device(BOX, 'phone');
  await assignToBox(rig.core, BOX, SMALL);
  rig.clock.nowMs += 5000;
  await rig.sync(phone);
  await rig.registry.putPolicy(SMALL, { maxTextBytes: 20 });
  rig.clock.nowMs += 999;
  expect((await rig.sync(phone)).effective).toMatchObject({ maxTextBytes: 10 });
  rig.clock.nowMs += 1;
  expect((await rig.sync(phone)).effective).toMatchObject({ maxTextBytes: 20 });
});

test('a policy that is put is answered after a second, when no function works by the former one', async () => {
  const before = rig.clock.sleptMs;
  await putPolicy(rig.core, SMALL, { maxTextBytes: 5 });
  expect(rig.clock.sleptMs - before).toBe(1000);
});

test('a policy that does not exist is assigned neither to a box nor to a device', async () => {
  await rig.device(BOX, 'phone');
  const unknown = 'unknown' as PolicyId;
  await expect(assignToBox(rig.core, BOX, unknown)).rejects.toMatchObject({ kind: 'not-found' });
  await expect(assignToDevice(rig.core, BOX, 'phone' as DeviceId, unknown)).rejects.toMatchObject({
    kind: 'not-found',
  });
  const device = await rig.registry.device(BOX, 'phone' as DeviceId);
  expect(device).toBeDefined();
  expect(device?.policyId).toBeUndefined();
});
