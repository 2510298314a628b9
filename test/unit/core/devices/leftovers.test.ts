import { revokeDevice } from '../../../../core/admin/devices.js';
import { issueTicket } from '../../../../core/admin/tickets.js';
import type { Caller } from '../../../../core/write/device-operations.js';
import type { DeviceId } from '../../../../protocol/ids.js';
import { BOX } from '../../../support/builders.js';
import { Erasable } from '../../../support/erasable.js';
import { Rig } from '../../../support/rig.js';

const DAY_MS = 86_400_000;
const PHONE = 'phone' as DeviceId;

let rig: Erasable;
let phone: Caller;
beforeEach(async () => {
  rig = new Erasable();
  phone = await rig.device(BOX, 'phone', { maxTextBytes: 100 });
});

/** Items of the registry, by kind. */
const kinds = () =>
  rig.store
    .all(BOX)
    .filter(({ sk }) => /^[DSI]#/.test(sk))
    .map(({ kind }) => kind)
    .sort();

test('a registration that changes preferences keeps no item that nothing names any more', async () => {
  const first = kinds();
  for (let i = 0; i < 5; i++) await rig.device(BOX, 'phone', { maxTextBytes: 200 + i });
  const bound = kinds().length;
  for (let i = 0; i < 20; i++) await rig.device(BOX, 'phone', { maxTextBytes: 300 + i });
  expect(kinds()).toHaveLength(bound);
  expect(kinds().filter((kind) => kind === 'preferences')).toHaveLength(
    first.filter((kind) => kind === 'preferences').length,
  );
});

test('[DV7] a revoked device leaves what says that it was revoked and its record, both for 120 days', async () => {
  await rig.sync(phone, { operations: [] });
  await revokeDevice(rig.core, BOX, PHONE);
  const left = rig.store.all(BOX).filter(({ sk }) => /^[DSI]#/.test(sk));
  expect(left.map(({ kind }) => kind).sort()).toEqual(['formerInstance', 'revokedDevice']);
  for (const { kind, expiresAtMs } of left)
    expect([kind, expiresAtMs]).toEqual([kind, rig.clock.nowMs + 120 * DAY_MS]);
});

test('a device that is registered again gets a scope version which it never had', async () => {
  const versionOf = async () => (await rig.registry.device(BOX, PHONE))?.scopeVersion ?? 0;
  await rig.device(BOX, 'phone', { maxTextBytes: 200 });
  const before = await versionOf();
  await revokeDevice(rig.core, BOX, PHONE);
  await rig.device(BOX, 'phone', { maxTextBytes: 100 });
  expect(await versionOf()).toBeGreaterThan(before);
});

test('a ticket that is issued while its device is revoked does not stay', async () => {
  const { putTicket } = rig.registry;
  rig.registry.putTicket = async (...args) => {
    await revokeDevice(rig.core, BOX, PHONE);
    return putTicket.apply(rig.registry, args);
  };
  await expect(issueTicket(rig.core, BOX, PHONE)).rejects.toMatchObject({ kind: 'device-not-registered' });
  expect(rig.registry.ticketsOf(BOX)).toEqual([]);
});

test('[DV8] without a policy a box takes 100 devices', async () => {
  const full = new Rig();
  for (let i = 0; i < 100; i++) await full.device(BOX, `device ${i}`);
  await expect(full.device(BOX, 'one more')).rejects.toMatchObject({ kind: 'too-many-devices' });
});
