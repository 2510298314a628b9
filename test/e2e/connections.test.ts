import { aMessage, stateChange } from '../support/builders.js';
import { cloud, User } from '../support/cloud.js';
import { CloudSocket, type SyncRequest } from '../support/cloud-socket.js';

afterAll(() => CloudSocket.closeAll());

/** Longer than any frame takes that is due at once, or after the opening of a connection. Unit: ms. */
const QUIET_MS = 2000;

async function upToDate(deviceId = 'phone') {
  const user = new User();
  const phone = await user.device(deviceId);
  await user.deposit(aMessage({ id: 'm1' }));
  await phone.synchronize();
  return { user, phone };
}

test.concurrent('[SO1, SO2] a ticket names its URL and its 60 seconds, and opens a connection once', async () => {
  const { phone } = await upToDate();
  const { status, body } = await phone.call<Record<string, unknown>>('POST', `${phone.path}/tickets`);
  expect(status).toBe(201);
  expect(body).toEqual({ ticket: expect.any(String), url: expect.any(String), expiresInSeconds: 60 });
  const url = String(body.url);
  expect(new URL(url).searchParams.get('ticket')).toBe(body.ticket);
  const socket = await CloudSocket.open(url);
  await expect(CloudSocket.open(url)).rejects.toThrow('HTTP 401');
  expect(await socket.answer({ action: 'ping' })).toEqual({ type: 'pong' });
});

test.concurrent.each([
  ['without a ticket', ''],
  ['with an empty ticket', '?ticket='],
  ['with a ticket of 3,000 characters', `?ticket=${'x'.repeat(3000)}`],
  ['with an impossible ticket', '?ticket=%F0%9F%8E%AB%00'],
  ['with a ticket that was never issued', '?ticket=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
])('[SO2] a connection %s is refused with 401', async (_, query) => {
  await expect(CloudSocket.open(cloud.socketUrl + query)).rejects.toThrow('HTTP 401');
});

test.concurrent('[AU5] a ticket for a device that is not registered is refused with 403', async () => {
  const { phone } = await upToDate();
  const { status, body } = await phone.call('POST', '/v1/devices/watch/tickets');
  expect([status, body.type]).toEqual([403, '/problems/device-not-registered']);
});

test.concurrent('[SO2] a ticket opens no connection when its device was revoked or replaced since', async () => {
  const { phone } = await upToDate();
  const [first, second] = [await phone.ticketUrl(), await phone.ticketUrl()];
  phone.instanceId = 'instance-2';
  await phone.register();
  await expect(CloudSocket.open(first)).rejects.toThrow('HTTP 401');
  await phone.call('DELETE', phone.path);
  await expect(CloudSocket.open(second)).rejects.toThrow('HTTP 401');
});

test.concurrent('[SO3] a newer connection replaces the older one, whose late end has no effect', async () => {
  const { user, phone } = await upToDate();
  const older = await phone.connect();
  const newer = await phone.connect();
  await older.closed; // its $disconnect arrives after the $connect of the newer one
  await user.deposit(aMessage());
  expect(await newer.next()).toMatchObject({ type: 'syncRequest', changes: { message: 1 } });
  await user.deposit(aMessage());
  expect(await newer.next()).toMatchObject({ type: 'syncRequest', changes: { message: 2 } });
});

test.concurrent('connections of two devices, and of two users, do not affect each other', async () => {
  const { user, phone } = await upToDate();
  const tablet = await user.device('tablet');
  const other = await new User().device('phone');
  const sockets = [await phone.connect(), await tablet.connect(), await other.connect()];
  for (const socket of sockets) socket.send({ action: 'ping' });
  await Promise.all(sockets.map((socket) => socket.next()));
  expect(sockets.map(({ isOpen }) => isOpen)).toEqual([true, true, true]);
});

test.concurrent('[DV7, ER9] a revoked device loses its connection, and every later request of it gets 403', async () => {
  const { user, phone } = await upToDate();
  const tablet = await user.device('tablet');
  const socket = await phone.connect();
  expect((await tablet.call('DELETE', phone.path)).status).toBe(204);
  await socket.closed;
  const requests = [
    phone.request({ syncToken: phone.syncToken }),
    phone.request({ operations: [aMessage({ n: 1 })] }),
    phone.call('POST', `${phone.path}/tickets`),
  ];
  for (const { status, body } of await Promise.all(requests)) {
    expect([status, body.type]).toEqual([403, '/problems/device-not-registered']);
  }
  expect((await tablet.synchronize()).changes.length).toBeGreaterThan(0);
});

test.concurrent('[DV5] a device that registers with another instance loses the connection of the old one', async () => {
  const { phone } = await upToDate();
  const socket = await phone.connect();
  phone.instanceId = 'instance-2';
  await phone.register();
  await socket.closed;
});

test.concurrent('[PU9] a device that is behind is notified when it connects, of all changes since', async () => {
  const { user, phone } = await upToDate();
  await (await phone.connect()).close();
  await user.deposit(aMessage({ conversationId: 'c1' }), aMessage({ conversationId: 'c2' }));
  const { modSeq } = await user.deposit(stateChange('m1', { addFlags: ['\\Seen'] }));
  const socket = await phone.connect();
  const frame = await socket.next<SyncRequest>();
  expect(frame).toMatchObject({ modSeq, changes: { message: 2, conversationHistory: 1, messageState: 1 } });
  expect([...frame.conversations].sort()).toEqual(['c1', 'c2']);
});

test.concurrent('[PU7] a device that is up to date is not notified when it connects', async () => {
  const { phone } = await upToDate();
  const socket = await phone.connect();
  expect(await socket.during(QUIET_MS)).toEqual([]);
});

test.concurrent('[PU9] a device that was notified and did not synchronize is notified again when it reconnects', async () => {
  const { user, phone } = await upToDate();
  const first = await phone.connect();
  const { modSeq } = await user.deposit(aMessage());
  expect(await first.next()).toMatchObject({ modSeq });
  await first.close();
  expect(await (await phone.connect()).next()).toMatchObject({ modSeq, changes: { message: 1 } });
});

test.concurrent('[PU9] a synchronization request is repeated on the next connection when the first one is lost', async () => {
  const { user, phone } = await upToDate();
  const first = await phone.connect();
  first.socket.terminate(); // without a close frame
  const { modSeq } = await user.deposit(aMessage());
  const second = await phone.connect();
  expect(await second.next()).toMatchObject({ type: 'syncRequest', modSeq });
});
