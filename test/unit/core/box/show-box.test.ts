import { assignToBox, assignToDevice } from '../../../../core/admin/policies.js';
import { showBox, watchDevices } from '../../../../core/admin/show-box.js';
import { connected } from '../../../../core/push/connections.js';
import { fanOut } from '../../../../core/push/fan-out.js';
import { boxSchema, watchedDeviceListSchema } from '../../../../protocol/box.js';
import type { DeviceId, PolicyId } from '../../../../protocol/ids.js';
import { aMessage, BOX, stateChange } from '../../../support/builders.js';
import { Rig } from '../../../support/rig.js';

const OTHER = 'tel:+15550199' as typeof BOX;
const bytesOf = (elements: readonly unknown[]) =>
  elements.reduce((sum: number, element) => sum + Buffer.byteLength(JSON.stringify(element)), 0);

let rig: Rig;
beforeEach(() => {
  rig = new Rig();
});

test('[SP1] a box that was never made is not found, and is not made by looking', async () => {
  await expect(showBox(rig.core, BOX)).rejects.toMatchObject({ kind: 'not-found' });
  expect(await rig.store.query(BOX, { from: '!', to: '~', limit: 1 })).toMatchObject({ items: [] });
});

test('[SP1] a box says what is in it: number of the last commit, counts by type, bytes of all elements', async () => {
  await rig.deposit(BOX, aMessage({ id: 'm1', textContent: 'zwölf Boxkämpfer 🥊' }), aMessage({ id: 'm2' }));
  rig.clock.nowMs += 5000;
  await rig.deposit(BOX, stateChange('m1', { addFlags: ['\\Seen'] }));
  await rig.deposit(OTHER, aMessage());
  const box = await showBox(rig.core, BOX);
  expect(box).toMatchObject({
    policyId: 'default',
    policy: {},
    modSeq: 3,
    changedAt: new Date(rig.clock.nowMs).toISOString(),
    counts: { folder: 2, conversationHistory: 1, sessionHistory: 0, message: 2, messageState: 1 },
    devices: [],
  });
  const { changes } = await rig.syncAll(await rig.device(BOX, 'viewer'));
  expect(changes).toHaveLength(6);
  expect(box.bytes).toBe(bytesOf(changes));
});

test('[SP1] shows the policy that the box was assigned, as it holds now', async () => {
  const id = 'family' as PolicyId;
  await rig.registry.putPolicy(id, { maxMessages: 7 });
  await assignToBox(rig.core, BOX, id);
  expect(await showBox(rig.core, BOX)).toMatchObject({ policyId: id, policy: { maxMessages: 7 } });
  await rig.registry.putPolicy(id, { maxMessages: 8 });
  rig.clock.nowMs += 1000;
  expect(await showBox(rig.core, BOX)).toMatchObject({ policyId: id, policy: { maxMessages: 8 } });
});

describe('[SP1] of each device', () => {
  const phoneIn = async () =>
    (await showBox(rig.core, BOX)).devices.find(({ deviceId }) => deviceId === 'phone');

  test('it says how far it has synchronized, when it got there, and how many commits it is behind', async () => {
    const phone = await rig.device(BOX, 'phone');
    expect(await phoneIn()).toMatchObject({ syncedModSeq: 0, lag: 1 });
    expect(await phoneIn()).not.toHaveProperty('syncedAt');
    const { syncToken } = await rig.syncAll(phone);
    const syncedAt = new Date(rig.clock.nowMs).toISOString();
    expect(await phoneIn()).toMatchObject({ syncedModSeq: 1, lag: 0, syncedAt });
    rig.clock.nowMs += 60_000;
    await rig.sync(phone, { syncToken }); // has nothing to announce
    for (let i = 0; i < 3; i++) await rig.deposit(BOX, aMessage());
    expect(await phoneIn()).toMatchObject({ syncedModSeq: 1, lag: 3, syncedAt });
  });

  test('it says since when it is connected, and nothing of a connection it does not have', async () => {
    const phone = await rig.device(BOX, 'phone');
    expect(await phoneIn()).not.toHaveProperty('connection');
    await connected(rig.core, phone, { id: 'A', atMs: rig.clock.nowMs });
    expect(await phoneIn()).toMatchObject({
      connection: { connectedAt: new Date(rig.clock.nowMs).toISOString() },
    });
    expect(JSON.stringify(await showBox(rig.core, BOX))).not.toContain('"A"');
  });

  test('a synchronization request that is scheduled shows with its time', async () => {
    const phone = await rig.device(BOX, 'phone', { pushWindowMs: 30_000 });
    await rig.syncAll(phone);
    await connected(rig.core, phone, { id: 'A', atMs: rig.clock.nowMs });
    expect(await phoneIn()).not.toHaveProperty('pendingRequest');
    await rig.registry.patch(phone, { set: { lastPushAtMs: rig.clock.nowMs } });
    await rig.deposit(BOX, aMessage());
    for (const commit of (await rig.commits(BOX)).slice(-1)) await fanOut(rig.core, BOX, commit);
    const dueAt = new Date(rig.clock.nowMs + 30_000).toISOString();
    expect(await phoneIn()).toMatchObject({ lag: 1, pendingRequest: { dueAt } });
  });

  test.each([
    ['that is behind and away, one waits until it connects', {}, 1, { onConnect: true }],
    ['that is away and up to date, none waits', {}, 0, undefined],
    ['that wants none, none waits', { serverInitiated: false }, 1, undefined],
  ])('%s', async (_, preferences, behind, pending) => {
    const phone = await rig.device(BOX, 'phone', preferences);
    await rig.syncAll(phone);
    for (let i = 0; i < behind; i++) await rig.deposit(BOX, aMessage());
    expect((await phoneIn())?.pendingRequest).toEqual(pending);
  });

  test('that has synchronized past the head as it was read the lag is 0', async () => {
    const phone = await rig.device(BOX, 'phone');
    await rig.registry.patch(phone, { set: { syncedModSeq: 5 } });
    expect(await phoneIn()).toMatchObject({ syncedModSeq: 5, lag: 0 });
  });
});

test('[SP6] the devices of a user are shown as to the user, with where each stands', async () => {
  const phone = await rig.device(BOX, 'phone');
  await rig.device(BOX, 'tablet', { pushWindowMs: 9 });
  await rig.device(OTHER, 'laptop');
  await rig.syncAll(phone);
  const policyId = 'kiosk' as PolicyId;
  await rig.registry.putPolicy(policyId, {});
  await assignToDevice(rig.core, BOX, 'tablet' as DeviceId, policyId);
  const devices = await watchDevices(rig.core, BOX);
  expect(devices).toMatchObject([
    { deviceId: 'phone', lastN: 0, syncedModSeq: 1, lag: 0 },
    { deviceId: 'tablet', preferences: { pushWindowMs: 9 }, policyId, syncedModSeq: 0, lag: 1 },
  ]);
  expect(watchedDeviceListSchema.safeParse({ devices }).error).toBeUndefined();
  expect(boxSchema.safeParse(await showBox(rig.core, BOX)).error).toBeUndefined();
  expect(await watchDevices(rig.core, 'tel:+15550111' as typeof BOX)).toEqual([]);
});

test('looking at a box takes the same number of reads however much is in it', async () => {
  let reads = 0;
  const { store, registry } = rig.core;
  const counted = <T extends object>(of: T): T =>
    new Proxy(of, {
      get: (target, name) => {
        const member = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]) => {
          reads++;
          return member.apply(target, args);
        };
      },
    });
  const looking = { ...rig.core, store: counted(store), registry: counted(registry) };
  const readsNow = async () => {
    reads = 0;
    rig.clock.nowMs += 2000; // policies are kept for a second
    await showBox(looking, BOX);
    return reads;
  };
  await rig.device(BOX, 'phone');
  const small = await readsNow();
  for (let i = 0; i < 20; i++) await rig.deposit(BOX, aMessage(), aMessage(), aMessage());
  for (let i = 0; i < 50; i++) await rig.device(BOX, `device ${i}`);
  for (let i = 0; i < 3; i++) {
    await rig.projected(BOX);
    rig.clock.nowMs += 1000;
    await rig.deposit(BOX, aMessage()); // a writer finds out how far the view is
  }
  expect(await readsNow()).toBe(small);
  expect(small).toBe(4); // the end of the log, devices, what they ask for, the policy
});
