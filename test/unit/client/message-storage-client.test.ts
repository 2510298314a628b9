import WebSocket from 'ws';
import type { ClientOptions } from '../../../client/api/client-options.js';
import { MessageStorageClient } from '../../../client/api/message-storage-client.js';
import { memoryStore } from '../../../client/stores/memory-store.js';
import type { ClientStatus } from '../../../client/sync/client-events.js';
import { ServerProblem } from '../../../client/sync/server-problem.js';
import { httpTransport } from '../../../client/sync/transport.js';
import { aConversation, aMessage } from './builders.js';
import { FakeCloud, until } from './fake-cloud.js';
import { heldIn } from './held.js';
import { problem } from './loopback.js';

const QUICK = { backoff: { baseMs: 10, capMs: 20 } };
const SYNC = 'POST /v1/sync';
const TICKET = 'POST /v1/devices/phone/tickets';

let cloud: FakeCloud;
const clients: MessageStorageClient[] = [];
beforeEach(async () => {
  cloud = await FakeCloud.start();
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.stop()));
  await cloud.stop();
});

function aClient(more: Partial<ClientOptions> = {}) {
  const transport = httpTransport({ url: cloud.url, token: () => 'secret', attempts: 1 });
  const store = memoryStore();
  const options = { deviceId: 'phone', transport, store, WebSocket, timings: QUICK, ...more };
  const client = new MessageStorageClient(options);
  clients.push(client);
  const statuses: ClientStatus['state'][] = [];
  client.on('status', ({ state }) => statuses.push(state));
  return { client, store, statuses };
}

const whenLive = (client: MessageStorageClient) => until(() => client.status.state === 'live');

test('start registers the device, synchronizes, and only then connects', async () => {
  cloud.changes.push(aConversation('c1', 1), aMessage('m1', 'c1', 2));
  const { client, store, statuses } = aClient({ name: 'Pixel 9', preferences: { maxMessageAgeDays: 90 } });
  client.start();
  await whenLive(client);
  expect(cloud.requests).toEqual(['PUT /v1/devices/phone', SYNC, TICKET]);
  expect(cloud.loopback.received[0]?.body).toEqual({
    instanceId: expect.any(String),
    name: 'Pixel 9',
    preferences: { maxMessageAgeDays: 90 },
  });
  expect(await heldIn(store)).toEqual(['c:c1@1', 'm:c1/m1@2']);
  expect(statuses).toEqual(['connecting', 'live']);
});

test('[CL10] a synchronization request of the server starts a synchronization and is emitted', async () => {
  const { client, store } = aClient();
  const emitted = jest.fn();
  const changed = jest.fn();
  client.on('syncRequest', emitted);
  client.on('changed', changed);
  const received = jest.fn();
  client.on('received', received);
  client.start();
  await whenLive(client);
  cloud.changes.push(aMessage('m1', 'c1', 2));
  cloud.announce();
  await until(async () => (await heldIn(store)).length === 1);
  expect(emitted.mock.calls).toEqual([
    [{ type: 'syncRequest', modSeq: 9, changes: { message: 1 }, conversations: ['c1'] }],
  ]);
  expect(received.mock.calls).toEqual([[{ received: [aMessage('m1', 'c1', 2)], dropped: [] }]]);
  expect(changed.mock.calls).toEqual([[{ folders: false, conversations: ['c1'] }]]);
});

test('a burst of requests makes one synchronization and at most one more', async () => {
  const { client } = aClient();
  client.start();
  await whenLive(client);
  const emitted = jest.fn();
  client.on('syncRequest', emitted);
  cloud.changes.push(aMessage('m1', 'c1', 2));
  for (let i = 0; i < 20; i++) cloud.announce();
  await until(() => emitted.mock.calls.length === 20);
  await client.synchronize();
  // One at the start, one at the first frame, and one or two for the rest: frames may come in two batches.
  expect(cloud.count(SYNC)).toBeGreaterThanOrEqual(3);
  expect(cloud.count(SYNC)).toBeLessThanOrEqual(5);
});

test('unknown frames are ignored', async () => {
  const { client, store } = aClient();
  client.start();
  await whenLive(client);
  for (const text of ['no JSON', '[]', '{"type":"newer"}', '{"type":"syncRequest"}'])
    cloud.sockets[0]?.send(text);
  cloud.sockets[0]?.send(Buffer.from([1, 2, 3]));
  cloud.changes.push(aMessage('m1', 'c1', 2));
  cloud.announce();
  await until(async () => (await heldIn(store)).length === 1);
  expect(client.status).toEqual({ state: 'live' });
});

test('progress of the backfill is emitted page by page', async () => {
  cloud.pageSize = 2;
  cloud.changes.push(...[1, 2, 3, 4, 5].map((modSeq) => aMessage(`m${modSeq}`, 'c1', modSeq)));
  const { client } = aClient();
  const progress: unknown[] = [];
  client.on('progress', (each) => progress.push(each));
  expect((await client.synchronize()).pages).toBe(3);
  expect(progress).toEqual([
    { sent: 2, total: 5 },
    { sent: 4, total: 5 },
  ]);
});

test('a lost connection is opened again with a new ticket, after a synchronization', async () => {
  const { client, store, statuses } = aClient();
  client.start();
  await whenLive(client);
  cloud.changes.push(aMessage('m1', 'c1', 2));
  cloud.sockets[0]?.terminate();
  await until(() => cloud.count(TICKET) === 2 && client.status.state === 'live');
  expect(await heldIn(store)).toEqual(['m:c1/m1@2']);
  expect(statuses).toEqual(['connecting', 'live', 'offline', 'connecting', 'live']);
});

test('a failing server is retried until it answers', async () => {
  cloud.refusal = problem(503, 'unavailable');
  const { client } = aClient();
  client.start();
  await until(() => cloud.requests.length >= 3);
  expect(client.status.state).not.toBe('live');
  cloud.refusal = undefined;
  await whenLive(client);
});

test('the connection is kept alive by pings and renewed before the gateway ends it', async () => {
  const timings = { ...QUICK, pingEveryMs: 10, renewAfterMs: 100 };
  const { client, statuses } = aClient({ timings });
  client.start();
  await until(() => cloud.count(TICKET) === 2 && client.status.state === 'live');
  expect(cloud.frames.length).toBeGreaterThan(2);
  expect(cloud.frames[0]).toEqual({ action: 'ping' });
  expect(statuses).toEqual(['connecting', 'live', 'connecting', 'live']);
  await until(() => cloud.sockets.length === 1);
});

test('a connection without an answer to a ping is closed', async () => {
  cloud.answersPings = false;
  const { client } = aClient({ timings: { ...QUICK, pingEveryMs: 20, pongWithinMs: 20 } });
  client.start();
  await until(() => cloud.count(TICKET) >= 2);
  expect(cloud.count(TICKET)).toBeGreaterThanOrEqual(2);
});

test('[CL9, PU10] the timer synchronizes without any request of the server', async () => {
  cloud.nextSyncAfterSeconds = 1;
  const { client } = aClient();
  client.start();
  await whenLive(client);
  await until(() => cloud.count(SYNC) >= 2);
  expect(cloud.count(SYNC)).toBeGreaterThanOrEqual(2);
});

describe('denied', () => {
  test('ends all retries when the device is no longer registered', async () => {
    const { client, statuses } = aClient();
    client.start();
    await whenLive(client);
    cloud.instanceId = undefined;
    cloud.sockets[0]?.terminate();
    await until(() => client.status.state === 'denied');
    expect(client.status).toEqual({ state: 'denied', problem: expect.any(ServerProblem) });
    expect(client.status).toMatchObject({ problem: { kind: 'device-not-registered' } });
    const { length } = cloud.requests;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(cloud.requests).toHaveLength(length);
    expect(statuses.at(-1)).toBe('denied');
  });

  test('ends all retries of a replaced instance, and its successor keeps its connection', async () => {
    const older = aClient({ onInstanceReplaced: 'deny' });
    older.client.start();
    await whenLive(older.client);
    const newer = aClient({ onInstanceReplaced: 'deny' });
    newer.client.start();
    await whenLive(newer.client);
    cloud.sockets[0]?.terminate(); // as the server does with the older connection
    await until(() => older.client.status.state === 'denied');
    expect(older.client.status).toMatchObject({ problem: { kind: 'instance-replaced' } });
    expect(cloud.count(TICKET)).toBe(2);
    expect(newer.client.status.state).toBe('live');
  });

  test('by a request that the server made closes the connection too', async () => {
    const { client } = aClient({ onInstanceReplaced: 'deny' });
    client.start();
    await whenLive(client);
    cloud.instanceId = 'another';
    cloud.announce();
    await until(() => client.status.state === 'denied' && cloud.sockets.length === 0);
    expect(client.status).toMatchObject({ problem: { kind: 'instance-replaced' } });
  });

  test('ends once the device is registered again and started', async () => {
    const { client, statuses } = aClient();
    await client.synchronize();
    cloud.instanceId = undefined;
    await expect(client.synchronize()).rejects.toMatchObject({ kind: 'device-not-registered' });
    await client.register();
    client.start();
    await whenLive(client);
    expect(statuses).toEqual(['denied', 'connecting', 'live']);
  });
});

describe('stop', () => {
  test('closes the connection and ends all work', async () => {
    const { client, statuses } = aClient();
    client.start();
    await whenLive(client);
    await client.stop();
    expect(statuses).toEqual(['connecting', 'live', 'stopped']);
    await until(() => cloud.sockets.length === 0);
    await expect(client.synchronize()).rejects.toMatchObject({ name: 'AbortError' });
    client.start();
    expect(client.status).toEqual({ state: 'stopped' });
  });

  test('follows the signal, also while the client waits for a retry', async () => {
    cloud.refusal = problem(503, 'unavailable');
    const stop = new AbortController();
    const { client } = aClient({
      signal: stop.signal,
      timings: { backoff: { baseMs: 60_000, capMs: 60_000 } },
    });
    client.start();
    await until(() => client.status.state === 'offline' && cloud.requests.length > 0);
    stop.abort();
    await until(() => client.status.state === 'stopped');
    expect(client.status.state).toBe('stopped');
  });
});

test('a platform without WebSocket synchronizes without a connection', async () => {
  const { client, store } = aClient({ WebSocket: undefined });
  cloud.changes.push(aMessage('m1', 'c1', 2));
  const native = globalThis.WebSocket;
  Reflect.deleteProperty(globalThis, 'WebSocket');
  client.start();
  if (native) globalThis.WebSocket = native;
  await until(async () => (await heldIn(store)).length === 1);
  expect(cloud.count(TICKET)).toBe(0);
});

test('a listener that throws stops neither the other listeners nor the client', async () => {
  const { client } = aClient();
  const thrown: unknown[] = [];
  const microtask = jest.spyOn(globalThis, 'queueMicrotask').mockImplementation((task) => {
    try {
      task();
    } catch (error) {
      thrown.push(error);
    }
  });
  const emitted = jest.fn();
  client.on('synchronized', () => {
    throw new Error('my own fault');
  });
  client.on('synchronized', emitted);
  await client.synchronize();
  microtask.mockRestore();
  expect(emitted).toHaveBeenCalledTimes(1);
  expect(thrown).toEqual([new Error('my own fault')]);
});
