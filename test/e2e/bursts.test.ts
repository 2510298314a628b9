import { aMessage, stateChange } from '../support/builders.js';
import { type Device, User } from '../support/cloud.js';
import { CloudSocket, type SyncRequest } from '../support/cloud-socket.js';

afterAll(() => CloudSocket.closeAll());

async function upToDate(preferences?: object) {
  const user = new User();
  const phone = await user.device('phone', preferences);
  await user.deposit(aMessage({ id: 'm1' }));
  await phone.synchronize();
  return { user, phone, socket: await phone.connect() };
}

/** Deposits one message after the other, as the network does for single messages. */
async function burst(user: User, count: number) {
  const beganMs = Date.now();
  let last = 0;
  for (let i = 0; i < count; i += 4) {
    const answers = await Promise.all(
      Array.from({ length: 4 }, (_, k) => user.deposit(aMessage({ conversationId: `c${(i + k) % 3}` }))),
    );
    last = Math.max(...answers.map(({ modSeq }) => modSeq));
  }
  return { last, elapsedMs: Date.now() - beganMs };
}

const requests = (socket: CloudSocket) =>
  socket.frames.map(({ frame, atMs }) => ({ ...(frame as SyncRequest), atMs }));

test.concurrent('[PU2, PU3] 200 single deposits give a device a handful of frames, the last of them after the last change', async () => {
  const windowMs = 1000;
  const { user, socket } = await upToDate({ pushWindowMs: windowMs });
  const { last, elapsedMs } = await burst(user, 200);
  while (requests(socket).at(-1)?.modSeq !== last) await socket.next(windowMs + 5000);

  const frames = requests(socket);
  expect(frames.length).toBeLessThanOrEqual(Math.ceil(elapsedMs / windowMs) + 2); // plus the first frame and the last one
  // It did not synchronize in between, so the last frame counts all changes.
  expect(frames.at(-1)).toMatchObject({ changes: { message: 200, conversationHistory: 2 } });
  expect([...(frames.at(-1)?.conversations ?? [])].sort()).toEqual(['c0', 'c1', 'c2']);
  expect(await socket.during(windowMs + 500)).toEqual([]);
}, 90_000);

test.concurrent('[PU4] the first change after a quiet time is announced at once, for any length of the window', async () => {
  const { user, socket } = await upToDate({ pushWindowMs: 900_000 });
  const { modSeq } = await user.deposit(aMessage());
  expect(await socket.next<SyncRequest>()).toMatchObject({ modSeq, changes: { message: 1 } });
  await user.deposit(aMessage());
  expect(await socket.during(2000)).toEqual([]);
});

test.concurrent('[PU3] the changes after a first one are announced together, at the end of the window', async () => {
  const windowMs = 3000;
  const { user, socket } = await upToDate({ pushWindowMs: windowMs });
  await user.deposit(aMessage());
  await socket.next();
  await user.deposit(aMessage());
  const { modSeq } = await user.deposit(aMessage());
  expect(await socket.next<SyncRequest>()).toMatchObject({ modSeq, changes: { message: 3 } });
  const betweenMs = (socket.frames[1]?.atMs ?? 0) - (socket.frames[0]?.atMs ?? 0);
  expect(betweenMs).toBeGreaterThan(windowMs * 0.6);
});

test.concurrent('[PU2] counts start at zero when the device has synchronized', async () => {
  const { user, phone, socket } = await upToDate({ pushWindowMs: 500 });
  await user.deposit(aMessage(), aMessage());
  expect(await socket.next()).toMatchObject({ changes: { message: 2 } });
  await phone.synchronize();
  await user.deposit(aMessage({ conversationId: 'c9' }));
  expect(await socket.next()).toMatchObject({
    changes: { message: 1, conversationHistory: 1 },
    conversations: ['c9'],
  });
});

test.concurrent('[PU7] a device is not notified of changes that it synchronizes before its window ends', async () => {
  const { user, phone, socket } = await upToDate({ pushWindowMs: 2000 });
  await user.deposit(aMessage());
  await socket.next();
  await user.deposit(aMessage());
  await phone.synchronize();
  expect(await socket.during(3000)).toEqual([]);
});

const markRead = (phone: Device) =>
  phone.synchronize({ operations: [stateChange('m1', { addFlags: ['\\Seen'] })] });

test.concurrent.each([
  ['its own operations', undefined, ({ phone }: { phone: Device }) => markRead(phone)],
  [
    'any change, with serverInitiated false',
    { serverInitiated: false },
    ({ user }: { user: User }) => user.deposit(aMessage()),
  ],
])('[PU5, PU8] a device is not notified of %s', async (_, preferences, change) => {
  const { user, phone, socket } = await upToDate(preferences);
  await change({ user, phone });
  expect(await socket.during(2500)).toEqual([]);
});

const DAY_MS = 86_400_000;

test.concurrent.each<[string, object, object, object]>([
  [
    'of a type that it does not keep',
    { elementTypes: ['folder', 'conversationHistory', 'message'] },
    stateChange('m1', { addFlags: ['\\Seen'] }),
    aMessage(),
  ],
  [
    'in a folder that it does not keep',
    { folders: ['RCSMessageStore'] },
    aMessage({ conversationId: 'c2' }),
    { op: 'create', type: 'folder', id: 'f1', data: { name: 'Family', parentFolderId: null } },
  ],
  [
    'in a conversation history that it excludes',
    { excludeConversations: ['c7'] },
    aMessage({ conversationId: 'c7' }),
    aMessage({ conversationId: 'c8' }),
  ],
  [
    'of messages that are too old for it',
    { maxMessageAgeDays: 7 },
    aMessage({ date: new Date(Date.now() - 8 * DAY_MS).toISOString() }),
    aMessage({ date: new Date().toISOString() }),
  ],
])(
  '[PU6] a device is not notified of changes %s, and is notified of the next one in its scope',
  async (_, preferences, outside, inside) => {
    const { user, socket } = await upToDate({ pushWindowMs: 200, ...preferences });
    await user.deposit(outside);
    expect(await socket.during(2500)).toEqual([]);
    const { modSeq } = await user.deposit(inside);
    expect(await socket.next<SyncRequest>()).toMatchObject({ type: 'syncRequest', modSeq });
  },
);

test.concurrent('[PU8] with serverInitiated false a device that is behind is not notified when it connects', async () => {
  const { user, phone, socket } = await upToDate({ serverInitiated: false });
  await socket.close();
  await user.deposit(aMessage());
  const again = await phone.connect();
  expect(await again.during(2500)).toEqual([]);
});
