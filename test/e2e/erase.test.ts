import { setTimeout as delay } from 'node:timers/promises';
import { call, cloud, fine, User, type WireSync } from '../support/cloud.js';
import { aBox, remove } from '../support/cloud-box.js';
import { CloudSocket } from '../support/cloud-socket.js';
import { clientOf, itemsAnywhere } from '../support/cloud-tables.js';

const database = clientOf(cloud.dynamodbEndpoint);
afterAll(() => {
  CloudSocket.closeAll();
  database.destroy();
});

const pathOf = (user: User, what = 'box') => `/v1/users/${encodeURIComponent(user.id)}/${what}`;
const asProvider = async (user: User, method: string, what?: string, body?: object) =>
  call(method, pathOf(user, what), { token: await user.token('cpm/admin'), body });

/** Number of items that name the user, by table. Tables without such items are left out. */
const itemsOf = async (user: User) =>
  Object.fromEntries(
    Object.entries(await itemsAnywhere(database, user.id))
      .map(([table, items]) => [table, items.length] as const)
      .filter(([, count]) => count > 0),
  );

/** Waits until the box is erased. Until then, every request must get the answer `busy`. */
async function gone(user: User): Promise<void> {
  for (;;) {
    const { status, body, headers } = await asProvider(user, 'GET');
    if (status === 404) return;
    expect([status, body.type]).toEqual([503, '/problems/busy']);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    await delay(250);
  }
}

/** A box with items of every kind. */
async function aFullBox() {
  const { user, phone, modSeq } = await aBox();
  await phone.register({ maxTextBytes: 9 });
  await user.device('tablet');
  await phone.synchronize({ operations: [remove('message', 'm1')] });
  for (let i = 0; i < 4; i++) {
    const id = (n: number) => `m${i} ${n}`;
    await user.deposit(
      ...Array.from({ length: 50 }, (_, n) => ({
        op: 'create',
        type: 'message',
        id: id(n),
        conversationId: 'c1',
        data: {
          messageContext: 'pager-message',
          direction: 'In',
          from: 'tel:+15550101',
          to: ['tel:+15550100'],
          date: '2026-02-28T09:00:00Z',
          contentType: 'text/plain',
          textContent: `text of ${id(n)}`,
        },
      })),
    );
  }
  return { user, phone, modSeq };
}

test('[SP3, SP4, SP5] an erased box is unreachable at once, and soon no table holds an item of it', async () => {
  const { user, phone } = await aFullBox();
  const other = await aFullBox();
  const socket = await phone.connect();
  const unusedUrl = await phone.ticketUrl();
  const before = await itemsOf(user);
  const ofOther = await itemsOf(other.user);
  expect(Object.keys(before)).toHaveLength(2);
  expect(Object.values(before).reduce((sum, count) => sum + count)).toBeGreaterThan(220);

  expect((await asProvider(user, 'DELETE')).status).toBe(202);
  expect((await asProvider(user, 'DELETE')).status).toBe(202);
  await socket.closed;
  const answers = await Promise.all([
    phone.request({ syncToken: phone.syncToken }),
    phone.request(),
    phone.call('PUT', phone.path, { instanceId: 'new' }),
    phone.call('GET', '/v1/devices'),
    phone.call('GET', '/v1/box'),
    phone.call('POST', `${phone.path}/tickets`),
    phone.call('GET', `/v1/conversations/c1/messages?deviceId=${phone.deviceId}`),
    call('POST', pathOf(user, 'operations'), {
      token: await user.token('cpm/participate'),
      body: {
        operations: [{ op: 'create', type: 'folder', id: 'f', data: { name: 'f', parentFolderId: null } }],
      },
    }),
    asProvider(user, 'GET', 'devices'),
    asProvider(user, 'PUT', 'box', { policyId: 'default' }),
    asProvider(user, 'PUT', 'devices/phone', { policyId: 'default' }),
  ]);
  expect(answers.map(({ status, body }) => `${status} ${body.type}`)).toEqual(
    answers.map(() => '503 /problems/busy'),
  );
  for (const { headers } of answers) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  await expect(CloudSocket.open(unusedUrl)).rejects.toThrow('HTTP 401');

  await gone(user);
  expect(await itemsOf(user)).toEqual({});
  expect(await itemsOf(other.user)).toEqual(ofOther);
  expect((await asProvider(user, 'DELETE')).status).toBe(404);
  expect((await phone.request({ syncToken: phone.syncToken })).body.type).toBe(
    '/problems/device-not-registered',
  );

  const again = await phone.register();
  expect([again.status, again.body.lastN]).toEqual([201, 0]);
  const { body } = await phone.request<WireSync>({ syncToken: phone.syncToken });
  expect(body.reset).toBe(true);
  expect(body.changes?.map(({ id }) => id)).toEqual(['RCSMessageStore', 'default']);
  phone.syncToken = body.syncToken;
  expect(await fine('GET', '/v1/box', { token: await user.token() })).toMatchObject({
    modSeq: 1,
    policyId: 'default',
    counts: { folder: 2, message: 0 },
  });
}, 90_000);

test('[SP3] only the provider may erase, and a missing box answers not-found', async () => {
  const { user } = await aBox();
  for (const scope of ['cpm/sync', 'cpm/participate']) {
    expect((await call('DELETE', pathOf(user), { token: await user.token(scope) })).status).toBe(403);
  }
  expect((await asProvider(user, 'GET')).status).toBe(200);
  const answer = await asProvider(new User(), 'DELETE');
  expect([answer.status, answer.body.type]).toEqual([404, '/problems/not-found']);
});

test('[SP4, SP5] a device that repeats its request after busy gets a new box', async () => {
  const { user } = await aBox();
  expect((await asProvider(user, 'DELETE')).status).toBe(202);
  const operations = [
    {
      op: 'create',
      type: 'conversationHistory',
      id: 'c1',
      data: { kind: 'oneToOne', participants: ['tel:+1', 'tel:+2'] },
    },
  ];
  for (;;) {
    const request = { token: await user.token('cpm/participate'), body: { operations } };
    const { status, body, headers } = await call<{ modSeq?: number; type?: string }>(
      'POST',
      pathOf(user, 'operations'),
      request,
    );
    if (status === 200) {
      expect(body.modSeq).toBe(2);
      break;
    }
    expect([status, body.type]).toEqual([503, '/problems/busy']);
    await delay(Number(headers.get('retry-after')) * 1000);
  }
  expect((await asProvider(user, 'GET')).status).toBe(200);
}, 60_000);
