// Makes one request to each route of the synthesized template, HTTP and WebSocket, in a cloud that runs the
// whole template.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { aMessage, stateChange } from '../support/builders.js';
import { call, cloud, type Device, fine, User, unique } from '../support/cloud.js';
import { CloudSocket } from '../support/cloud-socket.js';

afterAll(() => CloudSocket.closeAll());

/** Keys of all routes in the template: `POST /v1/sync`, `$connect`. */
function routesInTemplate(): string[] {
  const { Resources } = JSON.parse(readFileSync(join(cloud.outDir, 'CpmSync.template.json'), 'utf8'));
  const resources = Object.values(Resources) as { Type: string; Properties: { RouteKey: string } }[];
  return resources
    .filter(({ Type }) => Type === 'AWS::ApiGatewayV2::Route')
    .map(({ Properties }) => Properties.RouteKey)
    .filter((key) => !key.startsWith('OPTIONS '))
    .sort();
}

const user = new User();
const policyId = `policy-${unique()}`;
const boxPath = `/v1/users/${encodeURIComponent(user.id)}/box`;
let phone: Device;
let tablet: Device;
let socket: CloudSocket;

beforeAll(async () => {
  phone = await user.device('phone');
  tablet = await user.device('tablet');
});

const asDevice = (method: string, path: string, body?: unknown) => phone.call<never>(method, path, body);
const asProvider = (method: string, path: string, body?: unknown) => user.provider<never>(method, path, body);

/** The order matters: later steps read the data of earlier ones. */
const HTTP_STEPS: Readonly<Record<string, () => Promise<unknown>>> = {
  'PUT /v1/devices/{deviceId}': async () => {
    const { status, body } = await asDevice('PUT', phone.path, {
      instanceId: phone.instanceId,
      name: 'Phone',
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({ deviceId: 'phone', name: 'Phone' });
  },
  'POST /v1/users/{userId}/operations': async () => {
    const { results } = await user.deposit(aMessage({ id: 'm1' }), aMessage({ id: 'm2' }));
    expect(results.map(({ status }) => status)).toEqual(['applied', 'applied']);
  },
  'POST /v1/sync': async () => {
    const { results, changes } = await phone.synchronize({
      operations: [stateChange('m1', { addFlags: ['\\Seen'] })],
    });
    expect(results).toMatchObject([{ n: 1, status: 'applied' }]);
    expect(changes.map(({ id }) => id)).toEqual(expect.arrayContaining(['c1', 'm1', 'm2']));
  },
  'GET /v1/conversations/{conversationId}/messages': async () => {
    const { status, body } = await asDevice('GET', `/v1/conversations/c1/messages?deviceId=phone`);
    expect(status).toBe(200);
    expect(JSON.stringify(body)).toContain('"m2"');
  },
  'GET /v1/devices': async () => {
    const { status, body } = await asDevice('GET', '/v1/devices');
    expect(status).toBe(200);
    expect(body).toMatchObject({ devices: [{ deviceId: 'phone' }, { deviceId: 'tablet' }] });
  },
  'GET /v1/devices/{deviceId}': async () => {
    const { status, body } = await asDevice('GET', phone.path);
    expect(status).toBe(200);
    expect(body).toMatchObject({ deviceId: 'phone', name: 'Phone' });
  },
  'GET /v1/box': async () => {
    const { status, body } = await asDevice('GET', '/v1/box');
    expect(status).toBe(200);
    expect(body).toMatchObject({ counts: { message: 2, messageState: 1 } });
  },
  'PUT /v1/policies/{policyId}': async () => {
    const { status } = await asProvider('PUT', `/v1/policies/${policyId}`, { retentionDays: 30 });
    expect(status).toBe(200);
  },
  'GET /v1/policies/{policyId}': async () => {
    const { status, body } = await asProvider('GET', `/v1/policies/${policyId}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ retentionDays: 30 });
  },
  'PUT /v1/users/{userId}/box': async () => {
    expect((await asProvider('PUT', boxPath, { policyId })).status).toBe(200);
  },
  'GET /v1/users/{userId}/box': async () => {
    const { status, body } = await asProvider('GET', boxPath);
    expect(status).toBe(200);
    expect(body).toMatchObject({ policyId, counts: { message: 2 } });
  },
  'GET /v1/users/{userId}/devices': async () => {
    const { status, body } = await asProvider('GET', boxPath.replace(/box$/, 'devices'));
    expect(status).toBe(200);
    expect(body).toMatchObject({ devices: [{ deviceId: 'phone' }, { deviceId: 'tablet' }] });
  },
  'PUT /v1/users/{userId}/devices/{deviceId}': async () => {
    const { status } = await asProvider('PUT', boxPath.replace(/box$/, 'devices/tablet'), { policyId });
    expect(status).toBe(200);
  },
  'POST /v1/devices/{deviceId}/tickets': async () => {
    socket = await phone.connect();
    expect(socket.isOpen).toBe(true);
  },
  'DELETE /v1/devices/{deviceId}': async () => {
    expect((await asDevice('DELETE', tablet.path)).status).toBe(204);
    expect((await asDevice('GET', tablet.path)).status).toBe(404);
  },
};

const SOCKET_STEPS: Readonly<Record<string, () => Promise<unknown>>> = {
  $connect: async () => expect(socket.isOpen).toBe(true),
  ping: async () => expect(await socket.answer({ action: 'ping' })).toEqual({ type: 'pong' }),
  $default: async () =>
    expect(await socket.answer({ action: 'sing', id: 'r1' })).toMatchObject({ type: 'error', id: 'r1' }),
  sync: async () => {
    const { syncToken } = phone;
    const answer = await socket.answer({ action: 'sync', id: 'r2', syncToken });
    expect(answer).toMatchObject({ type: 'syncResponse', id: 'r2' });
  },
  $disconnect: async () => {
    await socket.close();
    const isConnected = async () =>
      (
        await fine<{ devices: { connected?: boolean }[] }>('GET', '/v1/devices', {
          token: await user.token(),
        })
      ).devices[0]?.connected;
    for (let tries = 0; tries < 50 && (await isConnected()); tries++)
      await new Promise((r) => setTimeout(r, 100));
    expect(await isConnected()).not.toBe(true);
  },
};

const LAST_STEPS: Readonly<Record<string, () => Promise<unknown>>> = {
  'DELETE /v1/users/{userId}/box': async () => {
    expect((await asProvider('DELETE', boxPath)).status).toBe(202);
    const { status, body } = await phone.request();
    expect([403, 503]).toContain(status);
    expect(body.type).toMatch(/device-not-registered$|busy$/);
  },
};

const STEPS = { ...HTTP_STEPS, ...SOCKET_STEPS, ...LAST_STEPS };

test('each route of the template has a step', () => {
  expect(Object.keys(STEPS).sort()).toEqual(routesInTemplate());
});

test.each(Object.entries(STEPS))('%s answers', (_, step) => step());

test.each(Object.keys({ ...HTTP_STEPS, ...LAST_STEPS }))(
  '%s needs a token, and the right scope',
  async (route) => {
    const [method = '', path = ''] = route.split(' ');
    const target = path.replace(/\{\w+\}/g, 'x');
    expect((await call(method, target)).status).toBe(401);
    const other =
      target.startsWith('/v1/users') || target.startsWith('/v1/policies') ? 'cpm/sync' : 'cpm/admin';
    expect((await call(method, target, { token: await user.token(other) })).status).toBe(403);
  },
);
