import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { aMessage, stateChange } from '../support/builders.js';
import {
  call,
  cloud,
  type Device,
  type HttpAnswer,
  User,
  unique,
  type WireProblem,
} from '../support/cloud.js';

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const parts = (token: string) => token.split('.').map((text) => Buffer.from(text, 'base64url').toString());

/** The claims of a valid token of the user. */
async function goodClaims(user: User): Promise<{ header: object; claims: Record<string, unknown> }> {
  const [header = '', claims = ''] = parts(await user.token());
  return { header: JSON.parse(header), claims: JSON.parse(claims) };
}

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const signed = (header: object, claims: object): string => {
  const content = `${part(header)}.${part(claims)}`;
  return `${content}.${sign('sha256', Buffer.from(content), privateKey).toString('base64url')}`;
};

const devices = (token?: string) => call<{ message?: string }>('GET', '/v1/devices', { token });

test('[AU1, ER4] a request without a valid token is refused with 401', async () => {
  for (const token of [undefined, '', 'nonsense', 'a.b.c', '{"alg":"none"}']) {
    expect((await devices(token)).status).toBe(401);
  }
});

test('[AU1] a token signed with the key of another issuer is refused, also under our key id', async () => {
  const { header, claims } = await goodClaims(new User());
  expect((await devices(signed(header, claims))).status).toBe(401);
  expect((await devices(signed({ ...header, kid: 'other' }, claims))).status).toBe(401);
});

test('[AU1] a token without a signature, or with one that needs no key, is refused', async () => {
  const { header, claims } = await goodClaims(new User());
  const content = `${part({ ...header, alg: 'HS256' })}.${part(claims)}`;
  const forged = createHmac('sha256', 'secret').update(content).digest('base64url');
  expect((await devices(`${part({ ...header, alg: 'none' })}.${part(claims)}.`)).status).toBe(401);
  expect((await devices(`${content}.${forged}`)).status).toBe(401);
});

test('[AU1, AU2] a token whose claims were changed after it was signed is refused', async () => {
  const user = new User();
  const [header, , signature] = (await user.token()).split('.');
  const { claims } = await goodClaims(user);
  expect((await devices(`${header}.${part({ ...claims, sub: 'tel:+15550199' })}.${signature}`)).status).toBe(
    401,
  );
  expect((await devices(`${header}.${part({ ...claims, exp: 9_999_999_999 })}.${signature}`)).status).toBe(
    401,
  );
});

const ROUTES: [scope: string, method: string, path: string][] = [
  ['cpm/sync', 'POST', '/v1/sync'],
  ['cpm/sync', 'GET', '/v1/devices'],
  ['cpm/sync', 'GET', '/v1/devices/phone'],
  ['cpm/sync', 'PUT', '/v1/devices/phone'],
  ['cpm/sync', 'DELETE', '/v1/devices/phone'],
  ['cpm/sync', 'POST', '/v1/devices/phone/tickets'],
  ['cpm/sync', 'GET', '/v1/box'],
  ['cpm/sync', 'GET', '/v1/conversations/c1/messages'],
  ['cpm/participate', 'POST', '/v1/users/tel:+15550100/operations'],
  ['cpm/admin', 'GET', '/v1/policies/default'],
  ['cpm/admin', 'PUT', '/v1/policies/default'],
  ['cpm/admin', 'GET', '/v1/users/tel:+15550100/box'],
  ['cpm/admin', 'PUT', '/v1/users/tel:+15550100/box'],
  ['cpm/admin', 'DELETE', '/v1/users/tel:+15550100/box'],
  ['cpm/admin', 'PUT', '/v1/users/tel:+15550100/devices/phone'],
];

test.each(ROUTES)(
  '[AU3, ER4] the scope %s is needed for %s %s: the other two scopes together get 403',
  async (scope, method, path) => {
    const others = ['cpm/sync', 'cpm/participate', 'cpm/admin'].filter((other) => other !== scope).join(' ');
    for (const given of [others, '', `${scope}x`, scope.toUpperCase()]) {
      const token = await new User().token(given);
      expect((await call(method, path, { token })).status).toBe(403);
    }
    expect((await call(method, path)).status).toBe(401);
  },
);

test('[AU4] a token with several scopes may do what each of them allows', async () => {
  const user = new User();
  const token = await user.token('openid cpm/participate cpm/sync');
  expect((await devices(token)).status).toBe(200);
  const path = `/v1/users/${encodeURIComponent(user.id)}/operations`;
  expect((await call('POST', path, { token, body: { operations: [aMessage()] } })).status).toBe(200);
});

test.each([
  ['GET', '/sync'],
  ['GET', '/v1'],
  ['GET', '/v1/sync'],
  ['PATCH', '/v1/devices/phone'],
  ['POST', '/v1/sync/more'],
  ['GET', '/v2/devices'],
  ['GET', '/v1/devices/phone/tickets'],
  ['POST', '/V1/SYNC'],
])('[ER4] %s %s is not a route: 404, with a token and without', async (method, path) => {
  expect((await call(method, path)).status).toBe(404);
  expect((await call(method, path, { token: await new User().token() })).status).toBe(404);
});

// The parts of an answer that must be equal in two cases: everything except members of the request itself.
const shape = ({ status, headers, body }: HttpAnswer<WireProblem>) => {
  const { requestId: _, ...rest } = body;
  return { status, type: headers.get('content-type'), body: rest };
};

describe('a box of another user', () => {
  let own: Device;
  let theirs: Device;
  beforeAll(async () => {
    own = await new User().device('own');
    const owner = new User();
    theirs = await owner.device(`theirs-${unique()}`);
    await owner.deposit(aMessage({ id: 'secret', conversationId: 'private' }));
    await own.synchronize();
  });

  const UNKNOWN = 'does-not-exist';
  test.each([
    ['GET', (id: string) => `/v1/devices/${id}`],
    ['DELETE', (id: string) => `/v1/devices/${id}`],
    ['POST', (id: string) => `/v1/devices/${id}/tickets`],
  ])('[AU6] %s of a device in it answers as for a device that does not exist', async (method, path) => {
    const foreign = await own.call(method, path(theirs.deviceId));
    const unknown = await own.call(method, path(UNKNOWN));
    expect(shape(foreign)).toEqual(shape(unknown));
    expect(foreign.status).toBeGreaterThanOrEqual(403);
    expect((await theirs.synchronize()).pages).toBe(1); // still registered
  });

  test('[AU5, AU6] a synchronization as a device in it answers as for a device that does not exist', async () => {
    const as = (deviceId: string) =>
      own.call('POST', '/v1/sync', { deviceId, instanceId: theirs.instanceId });
    expect(shape(await as(theirs.deviceId))).toEqual(shape(await as(UNKNOWN)));
    expect(await as(theirs.deviceId)).toMatchObject({
      status: 403,
      body: { type: '/problems/device-not-registered' },
    });
  });

  test('[AU6] operations on its elements answer as for elements that do not exist, and change nothing', async () => {
    const on = (conversationId: string, id: string) => [
      stateChange(id, { addFlags: ['\\Seen'] }, { conversationId }),
      { op: 'modify', type: 'message', id, conversationId, data: { textContent: 'changed' } },
      { op: 'delete', type: 'message', id, conversationId },
      { op: 'delete', type: 'conversationHistory', id: conversationId },
      { op: 'modify', type: 'conversationHistory', id: conversationId, data: { subject: 'changed' } },
    ];
    const statuses = async (operations: object[]) =>
      (await own.synchronize({ operations })).results.map(({ status }) => status);
    expect(await statuses(on('private', 'secret'))).toEqual(await statuses(on('public', 'unknown')));
    const { changes } = await (await theirs.user.device('another')).synchronize();
    expect(changes.find(({ id }) => id === 'secret')).toMatchObject({ textContent: 'text of secret' });
    expect(changes.some(({ type }) => type === 'messageState')).toBe(false);
  });

  test('[AU6] the list of devices shows only those of the own box', async () => {
    const { body } = await own.call<{ devices: { deviceId: string }[] }>('GET', '/v1/devices');
    expect(body.devices.map(({ deviceId }) => deviceId)).toEqual(['own']);
  });
});

test('[EL2, TR4] ids that look like keys or paths reach no other element or box', async () => {
  const user = new User();
  const phone = await user.device('../#~ ü/%2F');
  const ids = ['#', 'c1#M#m1', '%', '..', 'a/b', '~', '*', ' x ', '日本', '"', 'C~HEAD', '__proto__'];
  await user.deposit(...ids.map((id) => aMessage({ id, conversationId: id, textContent: `of ${id}` })));
  const { changes } = await phone.synchronize({ limit: 3 });
  const messages = changes.filter(({ type }) => type === 'message');
  expect(messages.map(({ id }) => id).sort()).toEqual([...ids].sort());
  for (const { id, conversationId, textContent } of messages) {
    expect([conversationId, textContent]).toEqual([id, `of ${id}`]);
  }
  expect((await phone.call('DELETE', phone.path)).status).toBe(204);
});

test('[AU2] a sub with any characters names its own box', async () => {
  for (const sub of ['#', 'tel:+1#D#x', `user ${unique()} 日本 / %`]) {
    const user = new User(`${sub}${unique()}`);
    const phone = await user.device();
    await user.deposit(aMessage({ id: 'm1' }));
    expect((await phone.synchronize()).changes.map(({ id }) => id)).toContain('m1');
  }
});

test('the issuer publishes the key that verifies its tokens', async () => {
  const response = await fetch(`${cloud.issuer}/.well-known/openid-configuration`);
  expect(await response.json()).toMatchObject({ issuer: cloud.issuer });
});
