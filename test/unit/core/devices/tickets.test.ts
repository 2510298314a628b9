import { revokeDevice } from '../../../../core/admin/devices.js';
import { issueTicket, redeemTicket } from '../../../../core/admin/tickets.js';
import { SyncProblem } from '../../../../core/model/sync-problem.js';
import type { Caller } from '../../../../core/write/device-operations.js';
import type { DeviceId } from '../../../../protocol/ids.js';
import { BOX } from '../../../support/builders.js';
import { Rig } from '../../../support/rig.js';

let rig: Rig;
let phone: Caller;
beforeEach(async () => {
  rig = new Rig();
  phone = await rig.device(BOX, 'phone');
});

const issued = async () => (await issueTicket(rig.core, BOX, phone.deviceId)).ticket;

test('[SO2] a ticket lets the device in that took it, once', async () => {
  const [ticket, other] = [await issued(), await issued()];
  expect(other).not.toBe(ticket);
  expect(await redeemTicket(rig.core, ticket)).toEqual(phone);
  expect(await redeemTicket(rig.core, ticket)).toBeUndefined();
  expect(await redeemTicket(rig.core, other)).toEqual(phone);
});

test.each([
  [59_999, true],
  [60_000, false],
])('[SO2] %i ms after it was taken a ticket lets in: %s', async (ms, letsIn) => {
  const ticket = await issued();
  rig.clock.nowMs += ms;
  expect((await redeemTicket(rig.core, ticket)) !== undefined).toBe(letsIn);
});

test('[SO2] a ticket lets nobody in once its device was revoked, or is another instance', async () => {
  const [first, second] = [await issued(), await issued()];
  await rig.device(BOX, 'phone', {}, 'phone-2');
  expect(await redeemTicket(rig.core, first)).toBeUndefined();
  await revokeDevice(rig.core, BOX, phone.deviceId);
  expect(await redeemTicket(rig.core, second)).toBeUndefined();
});

test('a ticket is issued to registered devices alone', async () => {
  await expect(issueTicket(rig.core, BOX, 'watch' as DeviceId)).rejects.toEqual(
    new SyncProblem('device-not-registered'),
  );
});
