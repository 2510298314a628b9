import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import WebSocket, { WebSocketServer } from 'ws';
import { API_GATEWAY_LIMITS, type Caller, Connection } from '../src/web-socket/connection.js';

const MINUTE_MS = 60_000;
const caller: Caller = { sourceIp: '127.0.0.1', userAgent: '', domainName: '', authorizer: undefined };

let server: WebSocketServer;
let client: WebSocket;
let connection: Connection;
let closed: Promise<[code: number, reason: Buffer]>;

/** A real connection on fake timers. */
beforeEach(async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance'] });
  server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[WebSocket]>;
  client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  closed = once(client, 'close') as Promise<[code: number, reason: Buffer]>;
  await once(client, 'open');
  const [socket] = await accepted;
  const handlers = { onMessage: (text: string) => void connection.send(text), onClose: () => {} };
  connection = new Connection('c1', Date.now(), caller, socket, API_GATEWAY_LIMITS, handlers);
});
afterEach(() => {
  jest.useRealTimers();
  client.terminate();
  server.close();
});

const ping = async () => {
  const answered = once(client, 'message');
  client.send('ping');
  await answered;
};

test('a connection is closed after ten minutes without a message, and not earlier', async () => {
  jest.advanceTimersByTime(10 * MINUTE_MS - 1);
  expect(connection.open).toBe(true);
  jest.advanceTimersByTime(1);
  expect(await closed).toEqual([1001, expect.anything()]);
});

test.each<[string, () => unknown]>([
  ['the client', ping],
  ['the server', () => connection.send('news')],
])('the ten minutes restart when %s sends', async (_, say) => {
  jest.advanceTimersByTime(9 * MINUTE_MS);
  await say();
  jest.advanceTimersByTime(10 * MINUTE_MS - 1);
  expect(connection.open).toBe(true);
  jest.advanceTimersByTime(1);
  expect(await closed).toEqual([1001, expect.anything()]);
});

test('a connection is closed after two hours, even when it is busy', async () => {
  for (let minutes = 0; minutes < 115; minutes += 5) {
    jest.advanceTimersByTime(5 * MINUTE_MS);
    await ping();
  }
  jest.advanceTimersByTime(5 * MINUTE_MS - 1);
  expect(connection.open).toBe(true);
  jest.advanceTimersByTime(1);
  expect(await closed).toEqual([1001, expect.anything()]);
});
