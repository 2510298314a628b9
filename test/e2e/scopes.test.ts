import { aConversation, aMessage, deletion, stateChange } from '../support/builders.js';
import { byName, type Device, names, User, type WireSync } from '../support/cloud.js';
import { aFolder, aSession, modify, remove } from '../support/cloud-box.js';
import { CloudSocket } from '../support/cloud-socket.js';

afterAll(() => CloudSocket.closeAll());

const DAY_MS = 86_400_000;
const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString();
const FOLDERS = ['folder RCSMessageStore', 'folder default', 'folder f1', 'folder f2'];

/** The contents of a conversation history of `aBox`. */
const held = (id: string) => [
  `conversationHistory ${id}`,
  `message ${id}-new`,
  `message ${id}-old`,
  `messageState ${id}-new`,
  `messageState ${id}-old`,
  `sessionHistory ${id}-s`,
];

/**
 * A box with the conversation histories c1 in f1, c2 in f2 and c0 in default, each with a session and two
 * messages.
 */
async function aBox() {
  const user = new User();
  const contents = (id: string, folderId: string) => [
    aConversation({ id, folderId }),
    aSession(`${id}-s`, id),
    ...[2, 40].map((days) =>
      aMessage({
        id: `${id}-${days > 7 ? 'old' : 'new'}`,
        conversationId: id,
        date: daysAgo(days),
        textContent: 'été 🚲🚲🚲',
        flags: ['\\Seen'],
        seed: false,
      }),
    ),
  ];
  await user.deposit(
    aFolder('f1', 'Family'),
    aFolder('f2', 'Work', 'f1'),
    ...contents('c0', 'default'),
    ...contents('c1', 'f1'),
    ...contents('c2', 'f2'),
  );
  return user;
}

/** Changes the preferences and synchronizes. @returns the changes received, and the first response. */
async function narrowed(device: Device, preferences: object, limit = 1000) {
  await device.register(preferences);
  const before = device.pages.length;
  const { changes } = await device.synchronize({ limit });
  return { sent: names(changes).sort(), first: device.pages[before] as WireSync, changes };
}

/** A device with these preferences that is up to date with the box, and the changes that it received. */
async function device(user: User, preferences: object, deviceId = 'phone') {
  const made = await user.device(deviceId, preferences);
  const { changes } = await made.synchronize();
  return { made, sent: names(changes).sort() };
}

test.concurrent.each<[string, object, string[]]>([
  ['all of it', {}, [...FOLDERS, ...['c0', 'c1', 'c2'].flatMap(held)]],
  ['a folder, without those in it or above it', { folders: ['f1'] }, [...FOLDERS, ...held('c1')]],
  ['no folder', { folders: [] }, FOLDERS],
  ['all but an excluded conversation', { excludeConversations: ['c1', 'c0'] }, [...FOLDERS, ...held('c2')]],
  [
    'messages and states of a week',
    { elementTypes: ['message', 'messageState'], maxMessageAgeDays: 7, folders: ['f1', 'f2'] },
    ['message c1-new', 'message c2-new', 'messageState c1-new', 'messageState c2-new'],
  ],
  ['no type', { elementTypes: [] }, []],
])('[SC1, SC2, SC3, SC4, SC5] a device that wants %s is sent that', async (_, preferences, expected) => {
  const { sent } = await device(await aBox(), preferences);
  expect(sent).toEqual([...expected].sort());
});

test.concurrent('[SC7, SC9] a container that leaves the scope is one outOfScope, a new one is a backfill, and a remaining one is not sent', async () => {
  const user = await aBox();
  const { made: phone } = await device(user, { folders: ['f1', 'default'] });
  const swapped = await narrowed(phone, { folders: ['default', 'f2'] });
  expect(swapped.sent).toEqual([...held('c2'), 'conversationHistory c1 outOfScope'].sort());
  expect(swapped.first.effective).toMatchObject({ folders: ['default', 'f2'] });
  expect(swapped.changes.at(-1)).toEqual({
    type: 'conversationHistory',
    id: 'c1',
    modSeq: byName((await device(user, {}, 'other')).made.pages.flatMap(({ changes = [] }) => changes))[
      'conversationHistory c1'
    ]?.modSeq,
    removed: 'outOfScope',
  });
  const wider = await narrowed(phone, { folders: '*' });
  expect(wider.sent).toEqual(held('c1'));
  const excluded = await narrowed(phone, { folders: '*', excludeConversations: ['c0', 'c2'] });
  expect(excluded.sent).toEqual(['conversationHistory c0 outOfScope', 'conversationHistory c2 outOfScope']);
  await phone.synchronize();
  expect(Object.keys(phone.pages.at(-1) ?? {})).toEqual(['syncToken']);
});

test.concurrent('[SC7] a difference in many pages has the effective scope in the first page, and its progress in each', async () => {
  const { made: phone } = await device(await aBox(), { folders: ['f1'] });
  const before = phone.pages.length;
  const { sent } = await narrowed(phone, { folders: '*' }, 2);
  expect(sent).toEqual([...held('c0'), ...held('c2')].sort());
  const pages = phone.pages.slice(before);
  expect(pages.length).toBeGreaterThan(4);
  expect(pages.map((page) => 'effective' in page)).toEqual(pages.map((_, i) => i === 0));
  for (const page of pages) {
    expect(page.backfill).toBeDefined();
    expect(page).not.toHaveProperty('reset');
  }
});

test.concurrent('[SC8, SC9] fewer types and a lower age send nothing, and more of them send the added elements', async () => {
  const { made: phone } = await device(await aBox(), {});
  const fewer = await narrowed(phone, { elementTypes: ['message', 'folder'], maxMessageAgeDays: 7 });
  expect(fewer.sent).toEqual([]);
  expect(fewer.first.effective).toMatchObject({
    elementTypes: ['folder', 'message'],
    maxMessageAgeDays: { 'pager-message': 7 },
  });
  const older = await narrowed(phone, { elementTypes: ['message', 'folder'] });
  expect(older.sent).toEqual(['message c0-old', 'message c1-old', 'message c2-old']);
  const states = await narrowed(phone, { elementTypes: ['message', 'folder', 'messageState'] });
  expect(states.sent).toEqual(
    ['c0', 'c1', 'c2'].flatMap((c) => [`messageState ${c}-new`, `messageState ${c}-old`]),
  );
});

test.concurrent('[SC10] a conversation history is sent with its contents when it moves in, and is one outOfScope when it moves out', async () => {
  const user = await aBox();
  const [{ made: phone }, { made: tablet }] = [
    await device(user, { folders: ['f1'] }),
    await device(user, {}, 'tablet'),
  ];
  const socket = await phone.connect();
  const moved = (id: string, folderId: string) => modify('conversationHistory', id, { folderId });
  await user.deposit(moved('c2', 'f1'));
  expect(await socket.next()).toMatchObject({ type: 'syncRequest', conversations: ['c2'] });
  expect(names((await phone.synchronize()).changes).sort()).toEqual(held('c2'));
  const { modSeq } = await user.deposit(
    moved('c1', 'default'),
    stateChange('c1-new', { addFlags: ['x'] }, { conversationId: 'c1' }),
  );
  expect((await phone.synchronize()).changes).toEqual([
    { type: 'conversationHistory', id: 'c1', modSeq, removed: 'outOfScope' },
  ]);
  expect(names((await tablet.synchronize()).changes).sort()).toEqual([
    'conversationHistory c1',
    'conversationHistory c2',
    'messageState c1-new',
  ]);
  for (const page of phone.pages.slice(1)) expect(page).not.toHaveProperty('effective');
});

test.concurrent('[SC5, PU6] changes of old messages are neither sent nor announced, but their removal is', async () => {
  const user = await aBox();
  const { made: phone } = await device(user, { maxMessageAgeDays: 7 });
  const socket = await phone.connect();
  const flagged = stateChange('c1-old', { addFlags: ['x'] }, { conversationId: 'c1' });
  await user.deposit(flagged, modify('message', 'c1-old', { subject: 'S' }, { conversationId: 'c1' }));
  await user.deposit(aMessage({ id: 'late', conversationId: 'c1', date: daysAgo(8) }));
  expect((await phone.synchronize()).changes).toEqual([]);
  const { modSeq } = await user.deposit(deletion('c1-old', { conversationId: 'c1' }));
  expect(await socket.next()).toMatchObject({ type: 'syncRequest', modSeq, changes: { message: 1 } });
  expect(names((await phone.synchronize()).changes)).toEqual(['message c1-old deleted']);
});

test.concurrent('[PU6] a device is not notified of changes outside of its folders', async () => {
  const user = await aBox();
  const { made: phone } = await device(user, { folders: ['f1'], elementTypes: ['message'] });
  const socket = await phone.connect();
  await user.deposit(aMessage({ conversationId: 'c2' }), aFolder('f3', 'More'));
  await user.deposit(stateChange('c1-new', { addFlags: ['x'] }, { conversationId: 'c1' }));
  expect(await socket.during(2000)).toEqual([]);
  expect((await phone.synchronize()).changes).toEqual([]);
});

test.concurrent.each<[string, object, object, string[]]>([
  [
    'a message, to who keeps states alone',
    { elementTypes: ['messageState'] },
    deletion('c1-new', { conversationId: 'c1' }),
    ['message c1-new deleted'],
  ],
  [
    'a conversation history, to who keeps messages alone',
    { elementTypes: ['message'] },
    remove('conversationHistory', 'c1'),
    ['conversationHistory c1 deleted'],
  ],
  [
    'a session history, to who keeps messages alone',
    { elementTypes: ['message'] },
    remove('sessionHistory', 'c1-s', { conversationId: 'c1' }),
    ['sessionHistory c1-s deleted'],
  ],
  [
    'a folder, to who keeps messages in it alone',
    { elementTypes: ['message'], folders: ['f2'] },
    remove('folder', 'f2'),
    ['conversationHistory c2 deleted', 'folder f2 deleted'], // the device does not know which conversation is in which folder
  ],
])(
  '[SC12, SC13] a removal is sent to every device for which it covers something: %s',
  async (_, preferences, removal, expected) => {
    const user = await aBox();
    const { made: phone } = await device(user, preferences);
    const { made: without } = await device(user, { elementTypes: [] }, 'tablet');
    expect((await user.deposit(removal)).results).toMatchObject([{ status: 'applied' }]);
    expect(names((await phone.synchronize()).changes)).toEqual(expected);
    expect((await without.synchronize()).changes).toEqual([]);
  },
);

test.concurrent.each([
  [4, 'été'.slice(0, 2)],
  [5, 'été'],
  [9, 'été '],
  [10, 'été 🚲'],
  [1000, undefined],
])('[SC6] a text cut at %i bytes is cut at a character: %j', async (maxTextBytes, expected) => {
  const { made: phone } = await device(await aBox(), { maxTextBytes, folders: ['f1'] });
  const message = byName(phone.pages.flatMap(({ changes = [] }) => changes))['message c1-new'];
  expect(message?.textContent).toBe(expected ?? 'été 🚲🚲🚲');
  expect(message?.textTruncated).toBe(expected === undefined ? undefined : true);
});

test.concurrent('[TK6] a token gives no rights: an element that has left the scope since is not sent', async () => {
  const user = await aBox();
  const { made: phone } = await device(user, {});
  const wide = phone.syncToken;
  await phone.register({ folders: ['f1'] });
  await user.deposit(
    aMessage({ id: 'secret', conversationId: 'c2' }),
    aMessage({ id: 'mine', conversationId: 'c1' }),
  );
  const { body } = await phone.request<WireSync>({ syncToken: wide });
  expect(names(body.changes).sort()).toEqual([
    'conversationHistory c0 outOfScope',
    'conversationHistory c2 outOfScope',
    'message mine',
  ]);
});

test.concurrent('[SC1] devices of one user are synchronized independently', async () => {
  const user = await aBox();
  const { made: phone } = await device(user, { folders: ['f1'] });
  const { made: tablet } = await device(user, { folders: ['f2'], elementTypes: ['message'] }, 'tablet');
  await user.deposit(
    aMessage({ id: 'a', conversationId: 'c1', flags: ['x'] }),
    aMessage({ id: 'b', conversationId: 'c2', flags: ['x'] }),
  );
  expect(names((await phone.synchronize()).changes)).toEqual(['message a', 'messageState a']);
  await narrowed(phone, { folders: [] });
  expect(names((await tablet.synchronize()).changes)).toEqual(['message b']);
  for (const page of tablet.pages.slice(1)) expect(page).not.toHaveProperty('effective');
});
