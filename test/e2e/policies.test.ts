import { ELEMENT_TYPES } from '../../protocol/elements/element-types.js';
import { aMessage } from '../support/builders.js';
import { type Device, names, User, unique, type WireProblem, type WireSync } from '../support/cloud.js';

const DAY_MS = 86_400_000;
const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString();

type Shown = Record<string, unknown> & { effective: Record<string, unknown> };

const effectiveOf = async (device: Device) => (await device.call<Shown>('GET', device.path)).body.effective;
const boxOf = (user: User) => `/v1/users/${encodeURIComponent(user.id)}/box`;
const deviceOf = (user: User, deviceId: string) =>
  `/v1/users/${encodeURIComponent(user.id)}/devices/${encodeURIComponent(deviceId)}`;

const FULL = {
  elementTypes: [...ELEMENT_TYPES],
  maxMessageAgeDays: { 'chat-message': 365 },
  maxDevices: 10,
  maxMessages: 100_000,
  maxTextBytes: 65_536,
  syncTimerSeconds: 300,
  minPushWindowMs: 1000,
};

test.concurrent('[PO1] the policy default exists before it is put', async () => {
  const user = new User();
  const shown = await user.provider('GET', '/v1/policies/default');
  expect(shown.status).toBe(200);
  const phone = await user.device();
  expect(await effectiveOf(phone)).toMatchObject({
    elementTypes: FULL.elementTypes,
    maxMessageAgeDays: {},
    folders: '*',
  });
});

test.concurrent('[PO2] a policy is shown as last put, and one that was never put answers 404', async () => {
  const user = new User();
  const path = `/v1/policies/${encodeURIComponent(`a/b ${unique()}`)}`;
  const missing = await user.provider('GET', path);
  expect([missing.status, missing.body.type]).toEqual([404, '/problems/not-found']);
  expect((await user.provider('PUT', path, FULL)).body).toEqual(FULL);
  expect((await user.provider('GET', path)).body).toEqual(FULL);
  await user.provider('PUT', path, { maxDevices: 3 });
  expect((await user.provider('GET', path)).body).toEqual({ maxDevices: 3 });
});

test.concurrent('[TR5] a policy with a member __proto__ is refused at any depth', async () => {
  const user = new User();
  const path = `/v1/policies/${unique()}`;
  const { status, body } = await user.provider(
    'PUT',
    path,
    JSON.parse('{"maxMessageAgeDays":{"__proto__":5}}'),
  );
  expect([status, body.errors]).toEqual([
    400,
    [{ pointer: '/maxMessageAgeDays/__proto__', detail: 'is not a known member' }],
  ]);
  expect((await user.provider('GET', path)).status).toBe(404);
});

test.concurrent('[PO2] an assignment of a missing policy, or to a missing device, answers 404', async () => {
  const user = new User();
  const phone = await user.device();
  const assignments: [string, string][] = [
    [boxOf(user), `never-${unique()}`],
    [deviceOf(user, phone.deviceId), `never-${unique()}`],
    [deviceOf(user, 'nobody'), 'default'],
    [deviceOf(new User(), 'phone'), 'default'],
  ];
  for (const [path, policyId] of assignments) {
    const { status, body } = await user.provider('PUT', path, { policyId });
    expect([status, body.type]).toEqual([404, '/problems/not-found']);
  }
});

test.concurrent.each<[string, object, string[]]>([
  ['an unknown member', { colour: 'red' }, ['/colour']],
  ['an unknown type', { elementTypes: ['photo'] }, ['/elementTypes/0']],
  ['an unknown context', { maxMessageAgeDays: { telegram: 1 } }, ['/maxMessageAgeDays/telegram']],
  ['an age of no days', { maxMessageAgeDays: { 'chat-message': 0 } }, ['/maxMessageAgeDays/chat-message']],
  [
    'several faults',
    { maxDevices: 0, maxMessages: 1.5, syncTimerSeconds: '5', minPushWindowMs: 900_001 },
    ['/maxDevices', '/maxMessages', '/minPushWindowMs', '/syncTimerSeconds'],
  ],
])('[TR5, ER2] a policy with %s is refused, with all its faults', async (_, policy, pointers) => {
  const { status, body } = await new User().provider('PUT', `/v1/policies/faulty-${unique()}`, policy);
  expect([status, body.type]).toEqual([400, '/problems/invalid-request']);
  expect(body.errors?.map(({ pointer }) => pointer).sort()).toEqual(pointers);
});

test.concurrent('[PO3, PO5, PO9] a policy of the box narrows the preferences of each device', async () => {
  const user = new User();
  const phone = await user.device('phone', {
    elementTypes: ['message', 'messageState', 'folder'],
    maxMessageAgeDays: 100,
    pushWindowMs: 100,
  });
  const tablet = await user.device('tablet', { maxTextBytes: 10, pushWindowMs: 60_000 });
  await user.policy({
    elementTypes: ['conversationHistory', 'message', 'messageState'],
    maxMessageAgeDays: { 'chat-message': 30, 'fax-message': 200 },
    maxTextBytes: 20,
    minPushWindowMs: 5000,
  });
  expect((await phone.request<WireSync>()).body.effective).toMatchObject({
    elementTypes: ['message', 'messageState'],
    maxMessageAgeDays: { 'chat-message': 30, 'fax-message': 100, 'pager-message': 100 },
    maxTextBytes: 20,
    pushWindowMs: 5000,
  });
  expect((await tablet.request<WireSync>()).body.effective).toMatchObject({
    elementTypes: ['conversationHistory', 'message', 'messageState'],
    maxMessageAgeDays: { 'chat-message': 30, 'fax-message': 200 },
    maxTextBytes: 10,
    pushWindowMs: 60_000,
  });
});

test.concurrent('[PO4] a policy of one device narrows it in addition to the policy of the box, widens nothing, and does not affect the others', async () => {
  const user = new User();
  const [phone, tablet] = [await user.device('phone'), await user.device('tablet')];
  await user.policy({ maxTextBytes: 20, maxMessageAgeDays: { 'chat-message': 30 } });
  const own = `policy-${unique()}`;
  const policy = { maxTextBytes: 1000, maxMessageAgeDays: { 'chat-message': 7 } };
  expect((await user.provider('PUT', `/v1/policies/${own}`, policy)).status).toBe(200);
  const assigned = await user.provider('PUT', deviceOf(user, 'phone'), { policyId: own });
  expect([assigned.status, assigned.body]).toEqual([200, { policyId: own }]);
  const effective = async (device: Device) => (await device.request<WireSync>()).body.effective;
  expect(await effective(phone)).toMatchObject({
    maxTextBytes: 20,
    maxMessageAgeDays: { 'chat-message': 7 },
  });
  expect(await effective(tablet)).toMatchObject({
    maxTextBytes: 20,
    maxMessageAgeDays: { 'chat-message': 30 },
  });
});

test.concurrent('[PO5, PO10] a changed policy is in force from its answer on, and a device receives only the difference', async () => {
  const user = new User();
  const policyId = await user.policy({ maxMessageAgeDays: { 'chat-message': 10 } });
  const phone = await user.device();
  const young = { messageContext: 'chat-message', date: daysAgo(2) };
  const old = { messageContext: 'chat-message', date: daysAgo(20) };
  await user.deposit(aMessage({ id: 'young', ...young }), aMessage({ id: 'old', ...old, flags: ['x'] }));
  const first = await phone.synchronize();
  expect(names(first.changes)).toEqual(expect.arrayContaining(['message young']));
  expect(names(first.changes)).not.toContain('message old');

  const path = `/v1/policies/${policyId}`;
  await user.provider('PUT', path, { maxMessageAgeDays: { 'chat-message': 30 } });
  expect(names((await phone.synchronize()).changes)).toEqual(['message old', 'messageState old']);
  expect(phone.pages.at(-1)?.effective).toMatchObject({ maxMessageAgeDays: { 'chat-message': 30 } });

  await user.provider('PUT', path, { maxMessageAgeDays: { 'chat-message': 10 } });
  expect((await phone.synchronize()).changes).toEqual([]);
  expect(phone.pages.at(-1)?.effective).toMatchObject({ maxMessageAgeDays: { 'chat-message': 10 } });
  await phone.synchronize();
  expect(Object.keys(phone.pages.at(-1) ?? {})).toEqual(['syncToken']);
});

test.concurrent('[PO7, DV8, ER16] a device beyond the number of the policy is refused, until another one is revoked', async () => {
  const user = new User();
  await user.policy({ maxDevices: 2 });
  const [phone] = [await user.device('phone'), await user.device('tablet')];
  const register = (deviceId: string) =>
    phone.call<WireProblem>('PUT', `/v1/devices/${deviceId}`, { instanceId: 'i' });
  const { status, body } = await register('watch');
  expect([status, body.type]).toEqual([409, '/problems/too-many-devices']);
  expect((await register('tablet')).status).toBe(200); // a registered device may change its preferences
  await phone.call('DELETE', '/v1/devices/tablet');
  expect((await register('watch')).status).toBe(201);
});

test.concurrent('[PO7, DV8] devices that register at the same time never exceed the number of the policy', async () => {
  const user = new User();
  await user.policy({ maxDevices: 3 });
  const phone = await user.device('phone');
  const answers = await Promise.all(
    Array.from({ length: 6 }, (_, i) => phone.call('PUT', `/v1/devices/other-${i}`, { instanceId: 'i' })),
  );
  const { body } = await phone.call<{ devices: unknown[] }>('GET', '/v1/devices');
  expect(body.devices).toHaveLength(3);
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(2);
  for (const { status } of answers) expect([201, 409, 503]).toContain(status);
});

test.concurrent('[PO4, SC1, DV6] the effective scope of a device includes a policy from its answer on', async () => {
  const user = new User();
  const phone = await user.device();
  const own = `policy-${unique()}`;
  await user.provider('PUT', `/v1/policies/${own}`, { elementTypes: ['message'], maxTextBytes: 9 });
  await user.provider('PUT', deviceOf(user, 'phone'), { policyId: own });
  expect(await effectiveOf(phone)).toMatchObject({ elementTypes: ['message'], maxTextBytes: 9 });
  const seen = await user.provider<{ devices: Shown[] }>(
    'GET',
    `/v1/users/${encodeURIComponent(user.id)}/devices`,
  );
  expect(seen.body.devices[0]?.effective).toMatchObject({ elementTypes: ['message'], maxTextBytes: 9 });
});

test.concurrent('[PO8, SY16] the timer for the next synchronization comes from the policy', async () => {
  const user = new User();
  await user.policy({ syncTimerSeconds: 42 });
  const phone = await user.device();
  expect((await phone.request<WireSync>()).body.nextSyncAfterSeconds).toBe(42);
  const other = await new User().device();
  expect((await other.request<WireSync>()).body.nextSyncAfterSeconds).toBeGreaterThan(0);
});

test.concurrent('[SP6] the provider sees the devices of a user as the user does', async () => {
  const user = new User();
  const phone = await user.device('phone', { maxTextBytes: 7 });
  await user.device('tablet');
  const path = `/v1/users/${encodeURIComponent(user.id)}/devices`;
  const seen = await user.provider<{ devices: { deviceId: string }[] }>('GET', path);
  expect(seen.status).toBe(200);
  expect(seen.body).toMatchObject((await phone.call<object>('GET', '/v1/devices')).body);
  expect(seen.body.devices.map(({ deviceId }) => deviceId).sort()).toEqual(['phone', 'tablet']);
  const nobody = `/v1/users/${encodeURIComponent(new User().id)}/devices`;
  expect((await user.provider('GET', nobody)).body).toEqual({ devices: [] });
});
