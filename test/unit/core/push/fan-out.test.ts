import { revokeDevice } from '../../../../core/admin/devices.js';
import type { PushMessage } from '../../../../core/ports/push.js';
import { connected, disconnected } from '../../../../core/push/connections.js';
import { fanOut } from '../../../../core/push/fan-out.js';
import { notify } from '../../../../core/push/notify.js';
import { aMessage, BOX } from '../../../support/builders.js';
import { type ConnectedPhone, connectedPhone } from '../../../support/connected-phone.js';
import { grow } from '../../../support/grown.js';

let box: ConnectedPhone['box'];
let phone: ConnectedPhone['phone'];
let open: ConnectedPhone['open'];
let record: ConnectedPhone['record'];
let commitAndFanOut: ConnectedPhone['commitAndFanOut'];
let deliver: ConnectedPhone['deliver'];

beforeEach(async () => {
  ({ box, phone, open, record, commitAndFanOut, deliver } = await connectedPhone());
});

const suppressed = () => box.reports.filter(({ event }) => event === 'pushSuppressed').map(({ why }) => why);

describe('fan-out', () => {
  test('[PU4] marks the device first, then sends: the first change after a quiet time at once', async () => {
    const send = box.core.pushQueue.send;
    const seen: unknown[] = [];
    box.core.pushQueue.send = async (pushes) => {
      seen.push((await record()).pendingPushModSeq);
      return send(pushes);
    };
    await commitAndFanOut();
    expect(seen).toEqual([3]);
    const dueMs = box.clock.nowMs;
    expect(box.pushes).toEqual([
      {
        message: { box: BOX, deviceId: 'phone', instanceId: 'phone-1', by: 3, dueMs },
        delaySeconds: 0,
      },
    ]);
  });

  test('[PU3] sends one message for all commits of a window, delayed to its end in whole seconds', async () => {
    await commitAndFanOut();
    await deliver();
    box.clock.nowMs += 700;
    for (let i = 0; i < 5; i++) await commitAndFanOut();
    expect(box.pushes.map(({ delaySeconds }) => delaySeconds)).toEqual([4]);
    expect(suppressed()).toEqual(Array(4).fill('scheduled'));
    await deliver();
    expect(box.frames.map(({ frame }) => frame)).toEqual([
      expect.objectContaining({ modSeq: 3, changes: { message: 1 } }),
      expect.objectContaining({ modSeq: 8, changes: { message: 6 } }),
    ]);
  });

  test('[PU3] takes the mark of a push whose commit was told by another, which then has nothing to say within the window', async () => {
    await commitAndFanOut();
    await box.registry.patch(phone, { set: { announcedModSeq: 3 } });
    await commitAndFanOut();
    const [third, fourth] = box.pushes.splice(0).map(({ message }) => message) as [PushMessage, PushMessage];
    expect([third.by, fourth.by]).toEqual([3, 4]);
    await notify(box.core, fourth);
    await box.deposit(BOX, aMessage()); // which no device was notified of yet
    await notify(box.core, third);
    expect(box.frames.map(({ frame }) => frame)).toEqual([expect.objectContaining({ modSeq: 4 })]);
    expect(suppressed()).toEqual(['announced']);
  });

  test('retried after the mark finds it and sends again', async () => {
    const send = box.core.pushQueue.send;
    box.core.pushQueue.send = async () => {
      box.core.pushQueue.send = send;
      throw new Error('the process ended');
    };
    await expect(commitAndFanOut()).rejects.toThrow('the process ended');
    const [commit] = (await box.commits(BOX)).slice(-1);
    if (commit) await fanOut(box.core, BOX, commit);
    expect(box.pushes.map(({ message }) => message.by)).toEqual([3]);
  });

  test('fails where the queue did not take all of them', async () => {
    box.core.pushQueue.send = async (pushes) => pushes.map(({ message }) => message);
    await expect(commitAndFanOut()).rejects.toThrow('did not take 1');
  });

  test('fails where the device record keeps changing, and gives up where the device went', async () => {
    const patch = jest.spyOn(box.registry, 'patch').mockResolvedValue(false);
    await expect(commitAndFanOut()).rejects.toThrow('the device record changed during each attempt');
    expect(patch).toHaveBeenCalledTimes(5);
    patch.mockImplementation(async () => {
      await revokeDevice(box.core, BOX, phone.deviceId);
      return false;
    });
    await commitAndFanOut();
    expect(box.pushes).toEqual([]);
  });

  test('reads a device again whose preferences change meanwhile', async () => {
    const devices = box.registry.devices.bind(box.registry);
    box.registry.devices = async (of) => {
      const read = await devices(of);
      await box.device(BOX, 'phone', { pushWindowMs: 5000, elementTypes: ['folder'] });
      return read;
    };
    await box.given(aMessage());
    const another = { ...box.core, store: Object.create(box.store) }; // a process that has read nothing of the box yet
    await fanOut(another, BOX, ...(await box.commits(BOX)).slice(-1));
    expect(box.pushes).toEqual([]);
    expect(suppressed()).toEqual(['outOfScope']);
  });

  test('[SC1] looks at each device for itself', async () => {
    const tablet = await box.device(BOX, 'tablet', { pushWindowMs: 900_000 });
    const quiet = await box.device(BOX, 'quiet', { serverInitiated: false });
    for (const [who, id] of [
      [tablet, 'T'],
      [quiet, 'Q'],
    ] as const) {
      await box.syncAll(who);
      await open(id, who);
    }
    await box.device(BOX, 'away');
    await box.registry.patch(tablet, { set: { lastPushAtMs: box.clock.nowMs } });
    await commitAndFanOut();
    expect(box.pushes.map(({ message, delaySeconds }) => [message.deviceId, delaySeconds])).toEqual([
      ['phone', 0],
      ['tablet', 900],
    ]);
    expect(suppressed()).toEqual(['switchedOff', 'notConnected']);
  });
});

describe('the notifier', () => {
  test('waits for the rest of the window, a second at the most', async () => {
    await commitAndFanOut();
    const [{ message } = { message: undefined }] = box.pushes;
    if (!message) throw new Error('nothing was scheduled');
    box.clock.sleptMs = 0;
    await notify(box.core, { ...message, dueMs: box.clock.nowMs + 700 });
    expect(box.clock.sleptMs).toBe(700);
    await notify(box.core, { ...message, dueMs: box.clock.nowMs + 5000 });
    expect(box.clock.sleptMs).toBe(1700);
  });

  test('clears the mark before it reads the log, so that a commit in between schedules another push', async () => {
    await commitAndFanOut();
    const query = box.store.query.bind(box.store);
    let mark: unknown = 'not read';
    box.store.query = async (...args) => {
      box.store.query = query;
      mark = (await record()).pendingPushModSeq;
      const seen = await query(...args);
      await commitAndFanOut();
      return seen;
    };
    await deliver();
    expect(mark).toBeUndefined();
    expect(box.frames).toHaveLength(1);
    expect(box.pushes.map(({ message }) => message.by)).toEqual([4]);
    await deliver();
    expect(box.frames.map(({ frame }) => (frame as { modSeq: number }).modSeq)).toEqual([3, 4]);
  });

  test('[PU3] that comes twice with one message sends one frame', async () => {
    await commitAndFanOut();
    const message = await deliver();
    await notify(box.core, message);
    expect(box.frames).toHaveLength(1);
    expect(suppressed()).toEqual(['announced']);
  });

  test('that ended after it cleared the mark sends the frame when it comes again', async () => {
    await commitAndFanOut();
    const query = jest.spyOn(box.store, 'query').mockRejectedValueOnce(new Error('the process ended'));
    const [{ message } = { message: undefined }] = box.pushes;
    if (!message) throw new Error('nothing was scheduled');
    await expect(notify(box.core, message)).rejects.toThrow('the process ended');
    query.mockRestore();
    expect((await record()).pendingPushModSeq).toBeUndefined();
    await notify(box.core, message);
    expect(box.frames).toHaveLength(1);
  });

  test.each<[string, string, () => Promise<unknown>]>([
    ['announced', 'a device that has synchronized meanwhile', () => box.syncAll(phone)],
    ['notConnected', 'a device that has gone', () => disconnected(box.core, phone, 'A')],
    ['notConnected', 'another instance', () => box.device(BOX, 'phone', {}, 'phone-2')],
    [
      'switchedOff',
      'a device that wants no more',
      () => box.device(BOX, 'phone', { serverInitiated: false }),
    ],
  ])('sends nothing (%s) to %s', async (why, _, meanwhile) => {
    await commitAndFanOut();
    await meanwhile();
    await deliver();
    expect(box.frames).toEqual([]);
    expect(suppressed()).toEqual([why]);
  });

  test('that sent nothing starts no window: the next change is announced at once', async () => {
    await commitAndFanOut();
    await box.syncAll(phone);
    await deliver();
    await commitAndFanOut();
    expect(box.pushes.map(({ delaySeconds }) => delaySeconds)).toEqual([0]);
    await deliver();
    expect(box.frames).toHaveLength(1);
  });

  test('that sent nothing leaves the window of the push before', async () => {
    await commitAndFanOut();
    await deliver();
    const { lastPushAtMs } = await record();
    box.clock.nowMs += 1000;
    await commitAndFanOut();
    await box.syncAll(phone);
    await deliver();
    expect((await record()).lastPushAtMs).toBe(lastPushAtMs);
  });

  test('reports what it sent, how long the oldest change has waited since its commit, and how late it was', async () => {
    await commitAndFanOut(); // at once
    await deliver();
    const committedAtMs = box.clock.nowMs + 1000;
    box.clock.nowMs = committedAtMs;
    await commitAndFanOut(); // 4 s until the window ends
    box.clock.nowMs += 300;
    await commitAndFanOut();
    box.pushes.splice(1);
    const { dueMs } = box.pushes[0]?.message ?? { dueMs: 0 };
    box.clock.nowMs = dueMs + 50;
    const [{ message } = { message: undefined }] = box.pushes;
    if (message) await notify(box.core, message);
    const sent = box.reports.filter(({ event }) => event === 'pushSent');
    expect(sent).toEqual([
      { event: 'pushSent', box: BOX, device: phone.deviceId, commits: 1, changes: 1, delayMs: 0, lateMs: 0 },
      {
        event: 'pushSent',
        box: BOX,
        device: phone.deviceId,
        commits: 3, // with the one that is not synchronized
        changes: 3,
        delayMs: dueMs + 50 - committedAtMs,
        lateMs: 50,
      },
    ]);
  });

  test('forgets a connection that is gone, and that one alone', async () => {
    await commitAndFanOut();
    box.open.delete('A');
    await deliver();
    expect(await record()).not.toHaveProperty('connectionId');
    expect(box.reports.at(-1)).toMatchObject({ event: 'pushGone' });
  });

  test('leaves a newer connection that was made while it posted', async () => {
    await commitAndFanOut();
    const post = box.core.sockets.post;
    box.core.sockets.post = async (id, frame) => {
      box.core.sockets.post = post;
      await open('B');
      return post(id, frame);
    };
    await deliver();
    expect((await record()).connectionId).toBe('B');
    await deliver();
    expect(box.frames.map(({ connectionId }) => connectionId)).toEqual(['B']);
  });

  test('tries again where the connection is young: it may not be open yet', async () => {
    await open('B');
    box.open.delete('B');
    await commitAndFanOut();
    await expect(deliver()).rejects.toThrow('not open yet');
    expect((await record()).connectionId).toBe('B');
  });

  test('lets what the gateway throttles come again', async () => {
    await commitAndFanOut();
    const post = box.core.sockets.post;
    box.core.sockets.post = async () => {
      throw new Error('LimitExceeded');
    };
    const [sent] = box.pushes;
    await expect(deliver()).rejects.toThrow('LimitExceeded');
    box.core.sockets.post = post;
    if (sent) await notify(box.core, sent.message);
    expect(box.frames).toHaveLength(1);
  });

  test('counts the last 2,000 commits of a device that is further behind', async () => {
    const commits = 2050;
    await grow(
      box,
      Array.from({ length: commits }, () => aMessage({ seed: false })),
    );
    const [last] = (await box.commits(BOX)).slice(-1);
    if (last) await fanOut(box.core, BOX, last);
    await deliver();
    expect(box.frames).toEqual([
      {
        connectionId: 'A',
        frame: expect.objectContaining({ changes: { message: 2000 }, modSeq: 2 + commits }),
      },
    ]);
  });
});

describe('a connection', () => {
  test('[PU9] of a device that is behind is told, a second later at the earliest', async () => {
    await disconnected(box.core, phone, 'A');
    await commitAndFanOut();
    expect(box.pushes).toEqual([]);
    await open('B');
    expect(box.pushes).toEqual([{ message: expect.objectContaining({ by: 3 }), delaySeconds: 1 }]);
    await deliver();
    expect(box.frames).toEqual([{ connectionId: 'B', frame: expect.objectContaining({ modSeq: 3 }) }]);
  });

  test('of a device that is up to date, or behind by its own changes alone, is told nothing', async () => {
    await open('B');
    expect(box.pushes).toEqual([]);
    await box.sync(phone, { operations: [aMessage({ n: 1 })] });
    await open('C');
    for (; box.pushes.length > 0; ) await deliver();
    expect(box.frames).toEqual([]);
  });

  test('is told again of what was announced on another one', async () => {
    await commitAndFanOut();
    await deliver();
    await open('B');
    await deliver();
    expect(box.frames.map(({ connectionId }) => connectionId)).toEqual(['A', 'B']);
  });

  test('[SO3] replaces the older one, which is closed', async () => {
    expect(await open('B')).toBe(true);
    expect(box.closed).toEqual(['A']);
    expect((await record()).connectionId).toBe('B');
  });

  test('that is older than the recorded one does not replace it', async () => {
    await open('C');
    expect(await connected(box.core, phone, { id: 'B', atMs: box.clock.nowMs - 1 })).toBe(false);
    expect((await record()).connectionId).toBe('C');
  });

  test('is made though the older one cannot be closed', async () => {
    box.core.sockets.close = async () => {
      throw new Error('throttled');
    };
    expect(await open('B')).toBe(true);
    expect(box.reports).toContainEqual({ event: 'closeFailed', error: 'Error' });
  });

  test('is refused for a device that was revoked or replaced since the ticket', async () => {
    await box.device(BOX, 'phone', {}, 'phone-2');
    expect(await open('B')).toBe(false);
  });

  test('[PU9] that failed before its push was sent leaves a mark; the next one does not wait for that', async () => {
    await disconnected(box.core, phone, 'A');
    await box.given(aMessage());
    const { send } = box.core.pushQueue;
    box.core.pushQueue.send = async (pushes) => pushes.map(({ message }) => message);
    await expect(open('B')).rejects.toThrow('did not take');
    box.core.pushQueue.send = send;
    await commitAndFanOut();
    expect(box.pushes).toEqual([]); // the mark holds this one back
    await open('C');
    await deliver();
    expect(box.frames).toEqual([{ connectionId: 'C', frame: expect.objectContaining({ modSeq: 4 }) }]);
  });

  test('[SO3] is refused where it was closed before it was open: by a newer one, or a revocation', async () => {
    const patch = box.registry.patch.bind(box.registry);
    box.registry.patch = async (...args) => {
      box.registry.patch = patch;
      const isRecorded = await patch(...args);
      await open('C');
      return isRecorded;
    };
    expect(await open('B')).toBe(false);
    expect((await record()).connectionId).toBe('C');
  });

  test('that is closed is forgotten, and an older one that is closed late changes nothing', async () => {
    await open('B');
    await disconnected(box.core, phone, 'A');
    expect((await record()).connectionId).toBe('B');
    await disconnected(box.core, phone, 'B');
    expect(await record()).not.toHaveProperty('connectionId');
  });
});
