import { connected } from '../../../../core/push/connections.js';
import { fanOut } from '../../../../core/push/fan-out.js';
import { notify } from '../../../../core/push/notify.js';
import { aMessage, BOX } from '../../../support/builders.js';
import { type ConnectedPhone, connectedPhone } from '../../../support/connected-phone.js';

// The numbers are written out: a test that imports a constant moves with the constant.

let box: ConnectedPhone['box'];
let open: ConnectedPhone['open'];
let phone: ConnectedPhone['phone'];
let record: ConnectedPhone['record'];
let commitAndFanOut: ConnectedPhone['commitAndFanOut'];
let deliver: ConnectedPhone['deliver'];

beforeEach(async () => {
  ({ box, open, phone, record, commitAndFanOut, deliver } = await connectedPhone());
  box.pushes.length = 0;
});

describe('[PU5] a push whose message was lost', () => {
  beforeEach(async () => {
    await commitAndFanOut();
    expect(box.pushes.splice(0)).toHaveLength(1); // the queue loses the message
  });

  test('holds others back for 30 s after it was due', async () => {
    const { pendingPushDueMs = 0 } = await record();
    box.clock.nowMs = pendingPushDueMs + 30_000;
    await commitAndFanOut();
    expect(box.pushes).toEqual([]);
  });

  test('does not hold others back any longer', async () => {
    const { pendingPushDueMs = 0 } = await record();
    box.clock.nowMs = pendingPushDueMs + 30_001;
    await commitAndFanOut();
    expect(box.pushes).toHaveLength(1);
    await deliver();
    expect(box.frames).toMatchObject([{ frame: { type: 'syncRequest' } }]);
  });

  test('is forgotten by the next connection, which is told at once', async () => {
    await open('B');
    // Not before the connection is open, as the pending push was.
    expect(box.pushes).toMatchObject([{ message: { dueMs: box.clock.nowMs + 1000 } }]);
    await deliver();
    expect(box.frames).toMatchObject([{ connectionId: 'B', frame: { type: 'syncRequest' } }]);
  });
});

describe('a connection that answers "gone"', () => {
  const postedAfter = async (ms: number) => {
    await connected(box.core, phone, { id: 'B', atMs: box.clock.nowMs }); // and is not open
    await commitAndFanOut();
    box.clock.nowMs += ms;
    for (const { message } of box.pushes.splice(0)) await notify(box.core, message);
  };

  test('may not be open yet in its first 30 s, so that the message must come again', async () => {
    await expect(postedAfter(29_999)).rejects.toThrow();
    expect(await record()).toMatchObject({ connectionId: 'B' });
  });

  test('is forgotten after 30 s', async () => {
    await postedAfter(30_000);
    expect((await record()).connectionId).toBeUndefined();
  });
});

test('[PU9] nothing is sent in the first second of a connection', async () => {
  await open('B');
  const connectedMs = box.clock.nowMs;
  await commitAndFanOut();
  expect(box.pushes.map(({ message }) => message.dueMs)).toEqual(box.pushes.map(() => connectedMs + 1000));
  expect(box.pushes.length).toBeGreaterThan(0);
});

test('a message waits in the queue for whole seconds, at most 900, and the receiver for the rest', async () => {
  await box.registry.patch(phone, { set: { lastPushAtMs: box.clock.nowMs - 1300 } });
  await commitAndFanOut();
  const [push] = box.pushes;
  expect(push).toMatchObject({ delaySeconds: 3, message: { dueMs: box.clock.nowMs + 3700 } });
  const sleptMs = box.clock.sleptMs;
  await deliver();
  expect(box.clock.sleptMs - sleptMs).toBe(700);
  await box.registry.patch(phone, { set: { lastPushAtMs: box.clock.nowMs + 2_000_000 } });
  await commitAndFanOut();
  expect(box.pushes).toMatchObject([{ delaySeconds: 900 }]);
});

test('a message that comes far too early makes its receiver wait for one second at most', async () => {
  await commitAndFanOut();
  const [push] = box.pushes;
  if (!push) throw new Error('nothing was scheduled');
  const sleptMs = box.clock.sleptMs;
  await notify(box.core, { ...push.message, dueMs: box.clock.nowMs + 60_000 });
  expect(box.clock.sleptMs - sleptMs).toBe(1000);
});

test('[PU4] a request names 10 conversations at most, and counts the changes of all', async () => {
  for (let i = 0; i < 12; i++) await box.deposit(BOX, aMessage({ conversationId: `many ${i}` }));
  await commitAndFanOut();
  await deliver();
  const [{ frame } = { frame: {} }] = box.frames as {
    frame: { conversations?: string[]; changes?: object };
  }[];
  expect(frame.conversations).toHaveLength(10);
  expect(frame.changes).toMatchObject({ message: 13 });
});

test('a push that found nothing to tell does not open a window', async () => {
  await commitAndFanOut();
  const before = (await record()).lastPushAtMs;
  await box.syncAll(phone); // meanwhile the device synchronizes
  await deliver();
  expect(box.frames).toEqual([]);
  expect((await record()).lastPushAtMs).toBe(before);
});

test('a push that the queue does not take fails its commit, so that the stream delivers the commit again', async () => {
  const { send } = box.core.pushQueue;
  box.core.pushQueue.send = async (pushes) => pushes.map(({ message }) => message);
  await expect(commitAndFanOut()).rejects.toThrow('the push queue did not take 1 messages');
  box.core.pushQueue.send = send;
  const commit = (await box.commits(BOX)).at(-1);
  if (commit) await fanOut(box.core, BOX, commit);
  expect(box.pushes).toHaveLength(1);
});
