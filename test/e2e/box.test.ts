import { call, fine, User } from '../support/cloud.js';
import { aBox } from '../support/cloud-box.js';

interface WireBox {
  readonly policyId: string;
  readonly policy: object;
  readonly modSeq: number;
  readonly changedAt: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly bytes: number;
  readonly devices: readonly { readonly deviceId: string; readonly [member: string]: unknown }[];
}

const pathOf = (user: User) => `/v1/users/${encodeURIComponent(user.id)}/box`;
const ofUser = async (user: User) =>
  fine<WireBox>('GET', pathOf(user), { token: await user.token('cpm/admin') });

test('[SP1] the provider sees the contents of a box, and the progress of its devices', async () => {
  const { user, phone, modSeq } = await aBox();
  await user.device('tablet');
  const socket = await phone.connect();
  const box = await ofUser(user);
  expect(box).toMatchObject({
    policyId: 'default',
    policy: {},
    modSeq,
    counts: { folder: 2, conversationHistory: 1, sessionHistory: 1, message: 2, messageState: 1 },
  });
  const elements = phone.pages.flatMap(({ changes = [] }) => changes);
  expect(elements).toHaveLength(7);
  expect(box.bytes).toBe(elements.reduce((sum, each) => sum + Buffer.byteLength(JSON.stringify(each)), 0));
  expect(Date.now() - Date.parse(box.changedAt)).toBeLessThan(60_000);
  expect(box.devices).toMatchObject([
    { deviceId: 'phone', syncedModSeq: modSeq, lag: 0, connection: { connectedAt: expect.any(String) } },
    { deviceId: 'tablet', syncedModSeq: 0, lag: modSeq, pendingRequest: { onConnect: true } },
  ]);
  await socket.close();
});

test('[SP2] a user sees only the own box', async () => {
  const { user } = await aBox();
  const own = await fine<WireBox>('GET', '/v1/box', { token: await user.token() });
  expect(own).toEqual(await ofUser(user));
  expect((await call('GET', '/v1/box', { token: await new User().token() })).status).toBe(404);
  expect((await call('GET', pathOf(user), { token: await user.token() })).status).toBe(403);
});

test('[SP6] the provider sees the devices of a user, and how far each one is behind', async () => {
  const { user, phone, modSeq } = await aBox();
  await user.deposit({
    op: 'create',
    type: 'conversationHistory',
    id: 'c2',
    data: { kind: 'oneToOne', participants: ['tel:+1', 'tel:+2'] },
  });
  const { devices } = await fine<{ devices: object[] }>('GET', pathOf(user).replace(/box$/, 'devices'), {
    token: await user.token('cpm/admin'),
  });
  expect(devices).toEqual([
    expect.objectContaining({
      deviceId: 'phone',
      instanceId: phone.instanceId,
      syncedModSeq: modSeq,
      lag: 1,
    }),
  ]);
});

test('[SP1] the box of a user without one answers 404 not-found', async () => {
  const user = new User();
  const answer = await call('GET', pathOf(user), { token: await user.token('cpm/admin') });
  expect([answer.status, answer.body.type]).toEqual([404, '/problems/not-found']);
});
