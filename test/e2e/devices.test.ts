import { ELEMENT_TYPES } from '../../protocol/elements/element-types.js';
import { aMessage } from '../support/builders.js';
import { call, cloud, type Device, User, type WireProblem } from '../support/cloud.js';

const EVERYTHING = {
  elementTypes: [...ELEMENT_TYPES],
  folders: '*',
  excludeConversations: [],
};
const put = (device: Device, body: unknown) =>
  device.call<Record<string, unknown> & WireProblem>('PUT', device.path, body);

test.concurrent('[DV1, DV2] a new device answers 201 with its record, a changed one 200', async () => {
  const user = new User();
  const device = (await user.device('first')) && { path: '/v1/devices/pixel' };
  const token = await user.token();
  const body = { instanceId: 'i1', name: 'Pixel 9 📱', preferences: { pushWindowMs: 5000 } };
  const made = await call<Record<string, unknown>>('PUT', device.path, { token, body });
  expect(made.status).toBe(201);
  expect(made.body).toMatchObject({
    deviceId: 'pixel',
    instanceId: 'i1',
    name: 'Pixel 9 📱',
    preferences: { pushWindowMs: 5000 },
    effective: { ...EVERYTHING, serverInitiated: true, pushWindowMs: 5000 },
    scopeVersion: expect.any(Number),
    lastN: 0,
    limits: expect.any(Object),
  });
  const changed = await call<Record<string, unknown>>('PUT', device.path, {
    token,
    body: { ...body, preferences: { serverInitiated: false } },
  });
  expect(changed.status).toBe(200);
  expect(changed.body).toMatchObject({ name: 'Pixel 9 📱', effective: { serverInitiated: false } });
});

test.concurrent('[DV6] a registered device is listed and shown', async () => {
  const user = new User();
  const [phone, tablet] = [await user.device('phone'), await user.device('tablet', { pushWindowMs: 0 })];
  const list = await phone.call<{ devices: { deviceId: string }[] }>('GET', '/v1/devices');
  expect(list.status).toBe(200);
  expect(list.body.devices.map(({ deviceId }) => deviceId).sort()).toEqual(['phone', 'tablet']);
  const shown = await phone.call<Record<string, unknown>>('GET', tablet.path);
  expect(list.body.devices).toContainEqual(shown.body);
  expect(shown.body).toMatchObject({ deviceId: 'tablet', instanceId: tablet.instanceId, lastN: 0 });
});

test.concurrent('[DV6, SP6] a list that is too large for an answer leaves out preferences and scopes, and still names the devices to revoke', async () => {
  const user = new User();
  const first = await user.device('d0');
  const excludeConversations = Array.from({ length: 200 }, (_, i) => String(i).padStart(128, '"'));
  const [token, admin] = [await user.token(), await user.token('cpm/admin')];
  const ids = Array.from({ length: 60 }, (_, i) => `d${i}`);
  for (const id of ids) {
    const body = { instanceId: 'i', preferences: { excludeConversations } };
    expect((await call('PUT', `/v1/devices/${id}`, { token, body })).status).toBeLessThan(300);
  }
  const lists: [string, string][] = [
    ['/v1/devices', token],
    [`/v1/users/${encodeURIComponent(user.id)}/devices`, admin],
  ];
  for (const [path, bearer] of lists) {
    const headers = { authorization: `Bearer ${bearer}`, 'accept-encoding': 'identity' };
    const response = await fetch(cloud.url + path, { headers });
    expect(response.status).toBe(200);
    const list = (await response.json()) as { devices: Record<string, unknown>[] };
    expect(list.devices.map(({ deviceId }) => deviceId).sort()).toEqual([...ids].sort());
    for (const device of list.devices) expect(device).not.toHaveProperty('preferences');
  }
  expect((await first.call('GET', first.path)).body).toMatchObject({ preferences: { excludeConversations } });
});

test.concurrent('[DV1] lastN is the highest number that was processed', async () => {
  const phone = await new User().device();
  await phone.synchronize({ operations: [aMessage(), aMessage(), aMessage()] });
  expect((await phone.call('GET', phone.path)).body).toMatchObject({ lastN: 3 });
});

test.concurrent('[DV6] a revoked device is not in the list, and may register again', async () => {
  const user = new User();
  const [phone, tablet] = [await user.device('phone'), await user.device('tablet')];
  await phone.synchronize({ operations: [aMessage()] });
  expect((await tablet.call('DELETE', phone.path)).status).toBe(204);
  const { body } = await tablet.call<{ devices: { deviceId: string }[] }>('GET', '/v1/devices');
  expect(body.devices.map(({ deviceId }) => deviceId)).toEqual(['tablet']);
  expect((await tablet.call('GET', phone.path)).body.type).toBe('/problems/not-found');
  phone.instanceId = 'instance-2';
  expect((await phone.register()).status).toBe(201);
  const { changes } = await phone.synchronize();
  expect(changes.some(({ type }) => type === 'message')).toBe(true);
});

test.concurrent.each([
  ['no instanceId', {}, '/instanceId'],
  [
    'a pushWindowMs over 15 minutes',
    { instanceId: 'i', preferences: { pushWindowMs: 900_001 } },
    '/preferences/pushWindowMs',
  ],
  [
    'a negative pushWindowMs',
    { instanceId: 'i', preferences: { pushWindowMs: -1 } },
    '/preferences/pushWindowMs',
  ],
  [
    'an unknown element type',
    { instanceId: 'i', preferences: { elementTypes: ['photo'] } },
    '/preferences/elementTypes/0',
  ],
  ['an unknown preference', { instanceId: 'i', preferences: { colour: 'blue' } }, '/preferences/colour'],
  [
    'serverInitiated as text',
    { instanceId: 'i', preferences: { serverInitiated: 'no' } },
    '/preferences/serverInitiated',
  ],
])('[DV4, TR5] a registration with %s answers 400', async (_, body, pointer) => {
  const phone = await new User().device();
  const answer = await put(phone, body);
  expect([answer.status, answer.body.type]).toEqual([400, '/problems/invalid-request']);
  expect(answer.body.errors?.map((fault) => fault.pointer)).toEqual([pointer]);
});

test.concurrent('[DV3] more than 200 folders and excluded conversations together answer 400', async () => {
  const phone = await new User().device();
  const ids = (count: number) => Array.from({ length: count }, (_, i) => `x${i}`);
  const preferences = { folders: ids(101), excludeConversations: ids(100) };
  expect((await put(phone, { instanceId: 'i', preferences })).status).toBe(400);
});

test.concurrent('an invalid device id in the path answers 400', async () => {
  const phone = await new User().device();
  for (const id of ['a%00', 'x'.repeat(129)]) {
    expect((await phone.call('GET', `/v1/devices/${id}`)).status).toBe(400);
  }
});
