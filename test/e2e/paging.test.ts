import { ELEMENT_TYPES } from '../../protocol/elements/element-types.js';
import { aConversation, aMessage, deletion } from '../support/builders.js';
import { byName, names, User, type WireChange } from '../support/cloud.js';
import { countOf } from '../support/told.js';

/**
 * A box with two folders, three conversation histories, a session history, and messages with and without a
 * state.
 */
async function filledBox() {
  const user = new User();
  await user.deposit(
    { op: 'create', type: 'folder', id: 'f1', data: { name: 'Family', parentFolderId: 'RCSMessageStore' } },
    { op: 'create', type: 'folder', id: 'f2', data: { name: 'Trips', parentFolderId: 'f1' } },
    aConversation({ id: 'c1' }),
    aConversation({ id: 'c2', folderId: 'f2' }),
    aConversation({ id: 'empty', folderId: 'f1' }),
    {
      op: 'create',
      type: 'sessionHistory',
      id: 's1',
      conversationId: 'c1',
      data: {
        originator: 'tel:+15550101',
        participants: ['tel:+15550101'],
        startedAt: '2026-02-28T08:00:00Z',
      },
    },
    aMessage({ id: 'm1', conversationId: 'c1' }),
    aMessage({ id: 'm2', conversationId: 'c1', sessionId: 's1', flags: ['\\Seen'] }),
    aMessage({ id: 'm3', conversationId: 'c1', flags: ['\\Seen', '\\Flagged'] }),
    aMessage({ id: 'm4', conversationId: 'c2' }),
    aMessage({ id: 'm5', conversationId: 'c2' }),
    aMessage({ id: 'm6', conversationId: 'c2' }),
  );
  return user;
}

const HELD = [
  'conversationHistory c1',
  'conversationHistory c2',
  'conversationHistory empty',
  'folder RCSMessageStore',
  'folder default',
  'folder f1',
  'folder f2',
  'message m1',
  'message m2',
  'message m3',
  'message m4',
  'message m5',
  'message m6',
  'messageState m2',
  'messageState m3',
  'sessionHistory s1',
];
/** A message and its state count as one. */
const HELD_COUNT = HELD.filter((name) => !name.startsWith('messageState ')).length;
const TYPES: readonly string[] = ELEMENT_TYPES;

test.concurrent.each([1, 2, 3, 7, 1000])(
  '[SY2, SY4, SY9, SY10] with limit %i every response holds at most that many elements, and all together hold each element once',
  async (limit) => {
    const phone = await (await filledBox()).device();
    const { changes } = await phone.synchronize({ limit });
    expect(names(changes).sort()).toEqual(HELD);
    expect(Math.max(...phone.pages.map((page) => countOf(page.changes)))).toBeLessThanOrEqual(limit);
    expect(phone.pages.filter(({ hasMore }) => hasMore)).toHaveLength(phone.pages.length - 1);
    for (const { syncToken } of phone.pages) expect(syncToken.length).toBeLessThanOrEqual(600);
    expect(new Set(phone.pages.map(({ syncToken }) => syncToken)).size).toBe(phone.pages.length);
  },
);

test.concurrent('[BF1] an initial synchronization has folders and conversation histories first, then contents, the newest of each first', async () => {
  const phone = await (await filledBox()).device();
  const { changes } = await phone.synchronize({ limit: 1 });
  const containers = changes.filter(({ type }) => type === 'folder' || type === 'conversationHistory');
  expect(changes.slice(0, containers.length)).toEqual(containers);
  for (const conversationId of ['c1', 'c2']) {
    const ids = changes
      .filter((change) => change.type === 'message' && change.conversationId === conversationId)
      .map(({ id }) => id);
    expect(ids).toEqual([...ids].sort().reverse());
  }
});

test.concurrent('[SY6] each response has elements by type before removals, and a parent folder before its sub-folder', async () => {
  const user = await filledBox();
  const phone = await user.device();
  await phone.synchronize();
  await user.deposit(
    deletion('m1'),
    aMessage({ id: 'm7', conversationId: 'c2', flags: ['\\Seen'] }),
    { op: 'create', type: 'folder', id: 'a-child', data: { name: 'B', parentFolderId: 'f2' } },
    { op: 'create', type: 'folder', id: 'a-grandchild', data: { name: 'C', parentFolderId: 'a-child' } },
    { op: 'modify', type: 'conversationHistory', id: 'c1', data: { subject: 'Garden' } },
  );
  for (const pages of [phone.pages, [{ changes: (await phone.synchronize()).changes }]]) {
    for (const { changes = [] } of pages) {
      const rank = ({ type, removed }: WireChange) => (removed ? TYPES.length : TYPES.indexOf(type));
      expect(changes.map(rank)).toEqual(changes.map(rank).sort((a, b) => a - b));
      const folders = changes
        .filter(({ type, removed }) => type === 'folder' && !removed)
        .map(({ id }) => id);
      for (const change of changes.filter(({ parentFolderId }) => typeof parentFolderId === 'string')) {
        const parentAt = folders.indexOf(String(change.parentFolderId));
        expect(parentAt).toBeLessThan(folders.indexOf(change.id));
      }
    }
  }
});

test.concurrent('[BF2, SY15] changes written while a device is paging arrive before the remaining pages', async () => {
  const user = await filledBox();
  const phone = await user.device();
  const first = (await phone.request<{ syncToken: string }>({ limit: 3 })).body;
  await user.deposit(aMessage({ id: 'm9', conversationId: 'new' }), deletion('m1'));
  phone.syncToken = first.syncToken;
  const { changes } = await phone.synchronize({ limit: 4 });
  const [next] = phone.pages;
  expect(names(next?.changes)).toEqual(expect.arrayContaining(['conversationHistory new', 'message m9']));
  expect(next?.hasMore).toBe(true);
  const held = byName(changes);
  expect(held['message m9']).toMatchObject({ conversationId: 'new' });
  expect(held['message m1']).toMatchObject({ removed: 'deleted' });
});

test.concurrent('[BF3] a backfill counts the elements that it has sent, and estimates the total', async () => {
  const phone = await (await filledBox()).device();
  await phone.synchronize({ limit: 5 });
  expect(phone.pages[0]?.backfill).toEqual({ sent: 5, total: HELD_COUNT });
  expect(phone.pages.at(-1)?.backfill?.sent).toBe(HELD_COUNT);
});

test.concurrent('[SY7] changes since a token are paged too, each element once with its latest state', async () => {
  const user = await filledBox();
  const phone = await user.device();
  await phone.synchronize();
  for (const subject of ['one', 'two', 'three']) {
    await user.deposit(
      { op: 'modify', type: 'conversationHistory', id: 'c1', data: { subject } },
      { op: 'modify', type: 'message', id: 'm4', conversationId: 'c2', data: { textContent: subject } },
    );
  }
  const { changes } = await phone.synchronize();
  expect(changes).toHaveLength(2);
  expect(byName(changes)).toMatchObject({
    'conversationHistory c1': { subject: 'three' },
    'message m4': { textContent: 'three' },
  });
});

test.concurrent('[SY11] a response that was not stored can be requested again: the same token returns the changes after it', async () => {
  const user = await filledBox();
  const phone = await user.device();
  await phone.synchronize();
  const syncToken = phone.syncToken;
  await user.deposit(aMessage({ id: 'm8', conversationId: 'c2' }));
  expect(names((await phone.synchronize()).changes)).toEqual(['message m8']);
  phone.syncToken = syncToken;
  expect(names((await phone.synchronize()).changes)).toEqual(['message m8']);
});

test.concurrent.each([
  ['damaged', (token: string) => `${token.slice(0, -2)}xx`],
  ['unknown', () => 'AQe3'],
  ['nonsense', () => 'nonsense, with spaces and ü'],
])('[TK3, TK7] a token that is %s starts over with reset, without an error', async (_, spoil) => {
  const phone = await (await filledBox()).device();
  await phone.synchronize();
  const { status, body } = await phone.request<{ reset?: boolean; changes: WireChange[] }>({
    syncToken: spoil(phone.syncToken ?? ''),
  });
  expect([status, body.reset]).toEqual([200, true]);
  expect(names(body.changes).sort()).toEqual(HELD);
});

test.concurrent('[TK2, DV5] the token of another device, of another user or of an earlier instance starts over with reset', async () => {
  const user = await filledBox();
  const [phone, tablet, foreign] = [
    await user.device('phone'),
    await user.device('tablet'),
    await new User().device('phone'),
  ];
  await phone.synchronize();
  await tablet.synchronize();
  await foreign.synchronize();
  for (const { syncToken } of [tablet, foreign]) {
    expect((await phone.request({ syncToken })).body).toMatchObject({ reset: true });
  }
  phone.instanceId = 'instance-2';
  await phone.register();
  expect((await phone.request({ syncToken: phone.syncToken })).body).toMatchObject({ reset: true });
});

test.concurrent('[SY3] operations are processed when the token is lost', async () => {
  const phone = await (await filledBox()).device();
  const operations = [aMessage({ id: 'own', conversationId: 'c1', n: 1 })];
  const { body } = await phone.request({ syncToken: 'lost', operations });
  expect(body).toMatchObject({ reset: true, results: [{ n: 1, status: 'applied' }] });
});
