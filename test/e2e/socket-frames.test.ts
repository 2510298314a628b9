import { randomBytes } from 'node:crypto';
import { aMessage, stateChange } from '../support/builders.js';
import { names, User, type WireChange } from '../support/cloud.js';
import { CloudSocket, type WireFrame } from '../support/cloud-socket.js';

afterAll(() => CloudSocket.closeAll());

const FRAME_MAX_BYTES = 128 * 1024;

async function connected(...operations: object[]) {
  const user = new User();
  const phone = await user.device();
  const { modSeq } = await user.deposit(aMessage({ id: 'm1' }), ...operations);
  await phone.synchronize();
  return { user, phone, modSeq, socket: await phone.connect() };
}

test.concurrent('[SO6] a ping is answered with a pong', async () => {
  const { socket } = await connected();
  expect(await socket.answer({ action: 'ping' })).toEqual({ type: 'pong' });
});

test.concurrent('[SO4] a synchronization over the socket is the same as over HTTP: operations, changes, token, and the id of its frame', async () => {
  const { user, phone, modSeq, socket } = await connected();
  const { syncToken } = phone;
  await user.deposit(aMessage({ id: 'm2' }));
  expect(await socket.next()).toMatchObject({ type: 'syncRequest' });
  const operations = [stateChange('m1', { addFlags: ['\\Seen'] }, { n: 1 })];
  const answer = await socket.answer<WireFrame & { syncToken: string; changes: WireChange[] }>({
    action: 'sync',
    id: 'r1',
    syncToken,
    operations,
  });
  expect(answer).toMatchObject({
    type: 'syncResponse',
    id: 'r1',
    results: [{ n: 1, status: 'applied', modSeq: modSeq + 2 }],
  });
  expect(names(answer.changes)).toEqual(['message m2']);

  phone.syncToken = answer.syncToken;
  expect((await phone.synchronize()).changes).toEqual([]);
  const again = await socket.answer({ action: 'sync', syncToken: phone.syncToken });
  expect(Object.keys(again).sort()).toEqual(['syncToken', 'type']);
});

test.concurrent('[SO5] an initial synchronization over the socket has frames of at most 120 KB, with hasMore', async () => {
  const large = () => aMessage({ textContent: randomBytes(15_000).toString('base64') });
  const { socket } = await connected(...Array.from({ length: 20 }, large));
  const ids = new Set<string>();
  let syncToken: string | undefined;
  for (let hasMore = true; hasMore; ) {
    const frame = await socket.answer<
      WireFrame & { syncToken: string; changes: WireChange[]; hasMore?: boolean }
    >({
      action: 'sync',
      ...(syncToken !== undefined && { syncToken }),
    });
    expect(Buffer.byteLength(JSON.stringify(frame))).toBeLessThanOrEqual(120 * 1024);
    for (const { type, id } of frame.changes) if (type === 'message') ids.add(id);
    syncToken = frame.syncToken;
    hasMore = frame.hasMore ?? false;
  }
  expect(ids.size).toBe(21);
});

test.concurrent.each([
  ['invalid JSON', 'hello {'],
  ['an empty frame', ''],
  ['a list', '[1]'],
  ['null', 'null'],
  ['no action', '{"id":"r9"}'],
  ['an unknown action', '{"action":"explode","id":"r9"}'],
  ['an action of the gateway', '{"action":"$connect","id":"r9"}'],
  ['a ping with another member', '{"action":"ping","id":"r9"}'],
  ['a synchronization with __proto__', '{"action":"sync","id":"r9","__proto__":{"limit":1}}'],
  ['a synchronization with deviceId', '{"action":"sync","id":"r9","deviceId":"tablet"}'],
  ['a faulty synchronization', '{"action":"sync","id":"r9","limit":0,"operations":"all"}'],
])('[SO7] %s gets an error frame, and the connection stays open', async (_, text) => {
  const { socket } = await connected();
  const frame = await socket.answer<WireFrame & { problem: object }>(text);
  expect(frame).toMatchObject({
    type: 'error',
    problem: {
      type: expect.stringMatching(/^\/problems\/invalid-(json|request)$/),
      title: expect.any(String),
      status: 400,
      requestId: expect.any(String),
    },
  });
  expect(frame.id).toBe(text.includes('r9') ? 'r9' : undefined);
  expect(await socket.answer({ action: 'ping' })).toEqual({ type: 'pong' });
});

test.concurrent('[ER2, TR5] all faults of a frame are reported at once', async () => {
  const { socket } = await connected();
  const { problem } = await socket.answer<WireFrame & { problem: { errors: { pointer: string }[] } }>({
    action: 'sync',
    limit: 1001,
    syncToken: 7,
    surplus: true,
  });
  expect(problem.errors.map(({ pointer }) => pointer).sort()).toEqual(['/limit', '/surplus', '/syncToken']);
});

test.concurrent('[SO7] a problem of a synchronization over the socket is an error frame with the id', async () => {
  const { socket } = await connected();
  const operations = [stateChange('m1', { addFlags: ['\\Seen'] }, { n: 5 })];
  expect(await socket.answer({ action: 'sync', id: 'r2', operations })).toMatchObject({
    type: 'error',
    id: 'r2',
    problem: { type: '/problems/operation-gap', status: 409, expectedN: 1 },
  });
});

test.concurrent('[SO8] a binary frame makes the gateway close with 1003', async () => {
  const { socket } = await connected();
  socket.socket.send(Buffer.from('{"action":"ping"}'), { binary: true });
  expect(await socket.closed).toBe(1003);
});

test.concurrent('[SO8] a frame over 128 KB makes the gateway close with 1009, and one under it does not', async () => {
  const { socket } = await connected();
  const padded = (bytes: number) => `{"action":"ping","p":"${'x'.repeat(bytes - 24)}"}`;
  expect(await socket.answer(padded(FRAME_MAX_BYTES))).toMatchObject({ type: 'error' });
  socket.send(padded(FRAME_MAX_BYTES + 1));
  expect(await socket.closed).toBe(1009);
});
