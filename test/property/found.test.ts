// Failures that random runs found, each reduced to a small test.

import { expireElements } from '../../core/lifecycle/expire.js';
import { purge } from '../../core/lifecycle/purge.js';
import { keepNewest } from '../../core/log/keep-newest.js';
import type { BoxId } from '../../core/model/items.js';
import type { LogEntry } from '../../core/model/log-entry.js';
import type { PurgeMessage } from '../../core/ports/purge-queue.js';
import type { Range } from '../../core/ports/store.js';
import { type ConversationId, folderIdSchema } from '../../protocol/ids.js';
import type { Preferences } from '../../protocol/preferences.js';
import { aConversation, aMessage, BOX, stateChange } from '../support/builders.js';
import { MemoryStore } from '../support/memory-store.js';
import { Rig } from '../support/rig.js';
import { passDays, removeExpired, retain } from '../support/time-to-live.js';

const F1 = folderIdSchema.parse('f1');

const aFolder = (id: string, n?: number) => ({
  ...(n !== undefined && { n }),
  op: 'create',
  type: 'folder',
  id,
  data: { name: `name of ${id}`, parentFolderId: null },
});
const moved = (id: string, folderId: string, n?: number) => ({
  ...(n !== undefined && { n }),
  op: 'modify',
  type: 'conversationHistory',
  id,
  data: { folderId },
});
const deleted = (type: string, id: string, conversationId?: string) => ({
  op: 'delete',
  type,
  id,
  ...(conversationId !== undefined && { conversationId }),
});
const aSession = (id: string, conversationId = 'c1') => ({
  op: 'create',
  type: 'sessionHistory',
  id,
  conversationId,
  data: { originator: 'tel:+15550101', participants: [], startedAt: '2026-02-28T09:00:00Z' },
});

/** The changes of a page, each as type, id and reason of removal. */
const told = ({ changes = [] }: { changes?: readonly object[] | undefined }) =>
  (changes as { type: string; id: string; removed?: string }[]).map(({ type, id, removed }) =>
    [type, id, ...(removed ? [removed] : [])].join(' '),
  );

/** A store in which others write just before a range is queried, or right behind a commit of a device. */
class Interrupted extends MemoryStore {
  interrupt: { at: string; by: () => Promise<unknown> } | undefined;

  override async query(box: BoxId, range: Range) {
    await this.reached((at) => range.from.startsWith(at));
    return super.query(box, range);
  }

  override async append(box: BoxId, entry: LogEntry) {
    const appended = await super.append(box, entry);
    if (entry.origin.by === 'device') await this.reached((at) => at === COMMITTED);
    return appended;
  }

  private async reached(isThere: (at: string) => boolean): Promise<void> {
    const { interrupt } = this;
    if (!interrupt || !isThere(interrupt.at)) return;
    this.interrupt = undefined;
    await interrupt.by();
  }
}
const COMMITTED = 'committed';

/** Others write, and the reader of the stream applies it at once: so it can be seen in the items of the view. */
const shown = async (rig: Rig, ...operations: object[]) => {
  await rig.deposit(BOX, ...operations);
  await rig.projected(BOX);
};

describe('a device that moves a conversation history itself', () => {
  const setting = async () => {
    const rig = new Rig();
    await rig.deposit(BOX, aFolder('f1'), aMessage({ id: 'm1' }));
    const device = await rig.device(BOX, 'd1', { folders: [F1] });
    const { syncToken } = await rig.syncAll(device);
    return { rig, device, syncToken };
  };

  test('is told of it where it moves into the scope, with its contents', async () => {
    const { rig, device, syncToken } = await setting();
    const page = await rig.sync(device, { syncToken, operations: [moved('c1', 'f1', 1)] });
    expect(told(page)).toEqual(['conversationHistory c1', 'message m1']);
  });

  test('is told that it left where it moves out of the scope', async () => {
    const { rig, device, syncToken } = await setting();
    const { syncToken: next } = await rig.sync(device, { syncToken, operations: [moved('c1', 'f1', 1)] });
    const page = await rig.sync(device, { syncToken: next, operations: [moved('c1', 'default', 2)] });
    expect(told(page)).toEqual(['conversationHistory c1 outOfScope']);
  });
});

test('a synchronization that starts from nothing says what is effective, since it may have changed since the registration', async () => {
  const rig = new Rig();
  const device = await rig.device(BOX, 'd1', { maxMessageAgeDays: 30 });
  expect((await rig.sync(device)).effective).toMatchObject({ maxMessageAgeDays: { 'pager-message': 30 } });
});

describe('what is created in a container by the request that deletes it', () => {
  test.each([
    ['a conversation history', [aMessage({ id: 'm2' }), deleted('conversationHistory', 'c1')]],
    ['a session history', [aMessage({ id: 'm2', sessionId: 's1' }), deleted('sessionHistory', 's1', 'c1')]],
  ])('is told to nobody: %s', async (_, operations) => {
    const rig = new Rig();
    await rig.deposit(BOX, aMessage({ id: 'm1' }), aSession('s1'));
    const device = await rig.device(BOX, 'd1');
    const { syncToken = '' } = await rig.syncAll(device);
    await rig.deposit(BOX, ...operations);
    const { changes } = await rig.syncAll(device, { syncToken, limit: 1 });
    expect(changes.map(({ id }) => id)).not.toContain('m2');
  });
});

test('a conversation history that moves into a folder which the same request deletes is told as deleted', async () => {
  const rig = new Rig();
  await rig.deposit(BOX, aFolder('f1'), aConversation());
  const device = await rig.device(BOX, 'd1');
  const { syncToken = '' } = await rig.syncAll(device);
  await rig.deposit(BOX, moved('c1', 'f1'), deleted('folder', 'f1'));
  const { changes } = await rig.syncAll(device, { syncToken, limit: 1 });
  expect(told({ changes })).toEqual(['folder f1 deleted', 'conversationHistory c1 deleted']);
});

test('a conversation history that moves out of a folder which the same request deletes is told before that goes', async () => {
  const rig = new Rig();
  await rig.deposit(BOX, aFolder('f1'), aConversation(), moved('c1', 'f1'));
  const device = await rig.device(BOX, 'd1');
  const { syncToken = '' } = await rig.syncAll(device);
  await rig.deposit(BOX, moved('c1', 'default'), deleted('folder', 'f1'));
  const { pages } = await rig.syncAll(device, { syncToken, limit: 1 });
  expect(pages.map(told)).toEqual([['conversationHistory c1'], ['folder f1 deleted']]);
});

describe('a backfill that sees what the log has not told yet', () => {
  test('has more, and then tells what became of it', async () => {
    const store = new Interrupted();
    const rig = new Rig(store);
    const device = await rig.device(BOX, 'd1');
    store.interrupt = { at: 'E#', by: () => shown(rig, aMessage({ id: 'later' })) };
    await rig.deposit(BOX, aConversation());
    const first = await rig.sync(device);
    expect(first.hasMore).toBe(true);
    expect(told(await rig.sync(device, { syncToken: first.syncToken }))).toEqual(['message later']);
  });

  test('tells the deletion of what was created and deleted behind its position', async () => {
    const store = new Interrupted();
    const rig = new Rig(store);
    const device = await rig.device(BOX, 'd1');
    store.interrupt = { at: 'H#', by: () => shown(rig, aConversation()) };
    const first = await rig.sync(device);
    expect(told(first)).toContain('conversationHistory c1');
    await rig.deposit(BOX, deleted('conversationHistory', 'c1'));
    const { changes } = await rig.syncAll(device, { syncToken: first.syncToken });
    expect(told({ changes })).toEqual(['conversationHistory c1 deleted']);
  });

  test('tells that a conversation history left the scope which is deleted just then', async () => {
    const store = new Interrupted();
    const rig = new Rig(store);
    await rig.deposit(BOX, aFolder('f1'), aConversation());
    const device = await rig.device(BOX, 'd1');
    const { syncToken = '' } = await rig.syncAll(device);
    await rig.device(BOX, 'd1', { folders: [F1] });
    store.interrupt = { at: 'H#', by: () => shown(rig, deleted('conversationHistory', 'c1')) };
    const { changes } = await rig.syncAll(device, { syncToken });
    expect(told({ changes })).toEqual(['conversationHistory c1 deleted']);
  });
});

test('a token whose own commit has expired from the log is good for a large element that stands in the changes', async () => {
  const rig = new Rig();
  await rig.deposit(BOX, aMessage({ id: 'm1', textContent: 'x'.repeat(3000) }));
  const device = await rig.device(BOX, 'd1');
  const { syncToken } = await rig.syncAll(device);
  passDays(rig, 50); // the quiet timer is over
  await keepNewest(rig.core, BOX);
  passDays(rig, 45);
  removeExpired(rig);
  expect(await rig.entries(BOX)).toEqual([]);
  const operations = [
    { ...aMessage({ id: 'm1' }), n: 1 },
    { ...aMessage({ id: 'm2' }), n: 2 },
  ];
  const page = await rig.sync(device, { syncToken, operations });
  expect(page.results?.map(({ status }) => status)).toEqual(['exists', 'applied']);
  expect(told(page)).toEqual(['message m1']);
});

test('an order to empty a container that lives, since the box was restored, empties nothing', async () => {
  const rig = new Rig();
  await rig.deposit(BOX, aFolder('f1'), aConversation({ folderId: 'f1' }), aSession('s1'));
  await rig.deposit(BOX, aMessage({ id: 'm1', sessionId: 's1' }));
  await rig.projected(BOX);
  const items = () => (rig.store as MemoryStore).all(BOX);
  const before = items();
  const [newest] = (await rig.entries(BOX)).slice(-1) as [LogEntry];
  for (const container of [
    { type: 'folder', id: 'f1' },
    { type: 'sessionHistory', id: 's1', conversationId: 'c1' },
  ]) {
    await purge(rig.core, {
      box: BOX,
      index: newest.index,
      modSeq: newest.modSeq,
      container,
    } as PurgeMessage);
  }
  expect(items()).toEqual(before);
});

test('a conflict on the empty state of a message shows no element: there is none, and the message is not asked about', async () => {
  const rig = new Rig();
  await rig.deposit(BOX, aMessage({ id: 'm1' }));
  const device = await rig.device(BOX, 'd1');
  const { syncToken } = await rig.syncAll(device);
  const operation = { ...stateChange('m1', { addFlags: ['\\Seen'] }, { n: 1, ifModSeq: 99 }) };
  const page = await rig.sync(device, { syncToken, operations: [operation] });
  expect(page.results?.map(({ status }) => status)).toEqual(['conflict']);
  expect(told(page)).toEqual([]);
});

describe('a response holds no more elements than were asked for', () => {
  test('where a conversation history moves into the scope behind what was written into it', async () => {
    const rig = new Rig();
    await rig.deposit(BOX, aFolder('f1'));
    const device = await rig.device(BOX, 'd1', { folders: [F1] });
    const { syncToken } = await rig.syncAll(device);
    await rig.deposit(BOX, aMessage({ id: 'm1' }), aMessage({ id: 'm2' }), aMessage({ id: 'm3' }));
    await rig.deposit(BOX, moved('c1', 'f1'));
    const { pages, changes } = await rig.syncAll(device, { syncToken: syncToken ?? '', limit: 2 });
    expect(Math.max(...pages.map((page) => (page.changes ?? []).length))).toBeLessThanOrEqual(2);
    expect(told({ changes }).sort()).toEqual([
      'conversationHistory c1',
      'message m1',
      'message m2',
      'message m3',
    ]);
  });

  test('where a device without conversation histories wrote outside of its scope', async () => {
    const rig = new Rig();
    await rig.deposit(BOX, aConversation());
    const device = await rig.device(BOX, 'd1', {
      elementTypes: ['message'],
      excludeConversations: ['c1' as ConversationId],
    });
    const { syncToken } = await rig.syncAll(device);
    const operations = ['m1', 'm2', 'm3'].map((id, i) => ({ ...aMessage({ id }), n: i + 1 }));
    const { syncToken: next } = await rig.sync(device, { syncToken, operations });
    const { pages, changes } = await rig.syncAll(device, { syncToken: next, limit: 2 });
    expect(Math.max(...pages.map((page) => (page.changes ?? []).length))).toBeLessThanOrEqual(2);
    expect(told({ changes })).toEqual(['m1', 'm2', 'm3'].map((id) => `message ${id} outOfScope`));
  });
});

describe('a device without conversation histories that wrote outside of its scope is told to drop it', () => {
  test.each([
    ['its conversation history', deleted('conversationHistory', 'c1'), 'outOfScope'],
    ['the message itself', deleted('message', 'm1', 'c1'), 'deleted'],
  ])('also where somebody deletes %s before it asks again', async (_, deletion, removed) => {
    const rig = new Rig();
    await rig.deposit(BOX, aConversation());
    const device = await rig.device(BOX, 'd1', {
      elementTypes: ['message'],
      excludeConversations: ['c1' as ConversationId],
    });
    const { syncToken } = await rig.syncAll(device);
    const operations = [{ ...aMessage({ id: 'm1' }), n: 1 }];
    const { syncToken: next } = await rig.sync(device, { syncToken, operations });
    await rig.deposit(BOX, deletion);
    const { changes } = await rig.syncAll(device, { syncToken: next });
    expect(told({ changes })).toEqual([`message m1 ${removed}`]);
  });
});

test('what a device wrote outside of its scope is told as it is where it comes into that further on in the same response', async () => {
  const rig = new Rig();
  await rig.deposit(BOX, aFolder('f1'), aConversation(), aConversation({ id: 'c2' }));
  const device = await rig.device(BOX, 'd1', { elementTypes: ['message'], folders: [F1] });
  const { syncToken } = await rig.syncAll(device);
  const { syncToken: next } = await rig.sync(device, {
    syncToken,
    operations: [{ ...aMessage({ id: 'm1' }), n: 1 }],
  });
  await rig.deposit(BOX, moved('c2', 'f1'));
  await rig.deposit(BOX, moved('c1', 'f1'));
  const { pages } = await rig.syncAll(device, { syncToken: next });
  expect(pages.map(told)).toEqual([['message m1']]);
});

test('a device holds no state in the end of a message that has expired, though its id was created anew before that was noted', async () => {
  const rig = new Rig();
  await retain(rig, 1);
  await rig.deposit(BOX, aMessage({ id: 'm1', flags: ['\\Seen'] }));
  const device = await rig.device(BOX, 'd1');
  const { syncToken = '' } = await rig.syncAll(device);
  passDays(rig, 2);
  const expired = removeExpired(rig);
  await rig.deposit(BOX, aMessage({ id: 'm1' }));
  await expireElements(rig.core, BOX, expired);
  const { changes } = await rig.syncAll(device, { syncToken });
  expect(changes).toMatchObject([
    { type: 'message', id: 'm1' },
    { type: 'messageState', id: 'm1', flags: [] },
  ]);
});

test('a device that keeps states alone keeps that of a message whose id was taken anew', async () => {
  const rig = new Rig();
  await retain(rig, 1);
  await rig.deposit(BOX, aMessage({ id: 'm1', date: '2026-02-01T00:00:00Z' }));
  passDays(rig, 2);
  const expired = removeExpired(rig);
  await rig.deposit(BOX, aMessage({ id: 'm1', flags: ['\\Seen'] }));
  const device = await rig.device(BOX, 'd1', { elementTypes: ['messageState'] });
  const { syncToken = '', changes } = await rig.syncAll(device);
  expect(told({ changes })).toEqual(['messageState m1']);
  await expireElements(rig.core, BOX, expired);
  expect((await rig.syncAll(device, { syncToken })).changes).toEqual([]);
});

test.each([
  ['is elsewhere', 'back', moved('c1', 'f1'), moved('c1', 'default')],
  ['is deleted', 'begun anew', deleted('conversationHistory', 'c1'), aConversation()],
])(
  'a conversation history that %s while a scope narrows, and is %s then, is told to have left',
  async (_, __, away, back) => {
    const store = new Interrupted();
    const rig = new Rig(store);
    await rig.deposit(BOX, aFolder('f1'), aConversation());
    const inDefault = { folders: [folderIdSchema.parse('default')] };
    const device = await rig.device(BOX, 'd1', inDefault);
    const { syncToken = '' } = await rig.syncAll(device);
    await rig.device(BOX, 'd1', { ...inDefault, excludeConversations: ['c1' as ConversationId] });
    store.interrupt = { at: 'H#', by: () => shown(rig, away) };
    const page = await rig.sync(device, { syncToken });
    expect([told(page), page.hasMore]).toEqual([[], true]);
    await rig.deposit(BOX, back);
    const { changes } = await rig.syncAll(device, { syncToken: page.syncToken });
    expect(told({ changes })).toEqual(['conversationHistory c1 outOfScope']);
  },
);

describe('a conversation history that begins anew while a device writes', () => {
  const setting = async (elementTypes: Preferences['elementTypes']) => {
    const store = new Interrupted();
    const rig = new Rig(store);
    await rig.deposit(BOX, aMessage({ id: 'm1' }));
    const device = await rig.device(BOX, 'd1', { elementTypes });
    const { syncToken = '' } = await rig.syncAll(device);
    const afterCommit = (...operations: object[]) => {
      store.interrupt = { at: COMMITTED, by: () => shown(rig, ...operations) };
    };
    return { rig, device, syncToken, afterCommit };
  };

  test('by another request: what the device wrote before is told ahead of the end of the earlier life', async () => {
    const { rig, device, syncToken, afterCommit } = await setting(['message']);
    afterCommit(deleted('conversationHistory', 'c1'), aMessage({ id: 'm3' }));
    const first = await rig.sync(device, { syncToken, operations: [{ ...aMessage({ id: 'm2' }), n: 1 }] });
    expect(first.results).toMatchObject([{ status: 'applied' }]);
    expect(told(first)).toEqual(['message m2']);
    const { pages } = await rig.syncAll(device, { syncToken: first.syncToken });
    expect(pages.map(told)).toEqual([['conversationHistory c1 deleted'], ['message m3']]);
  });

  test('by its own request: it is told of it, ahead of what others write into it', async () => {
    const { rig, device, syncToken, afterCommit } = await setting(undefined);
    afterCommit(aSession('s1'));
    const operations = [
      { ...deleted('conversationHistory', 'c1'), n: 1 },
      { ...aConversation(), n: 2 },
    ];
    const first = await rig.sync(device, { syncToken, operations });
    expect(told(first)).toEqual(['conversationHistory c1']);
    const { pages } = await rig.syncAll(device, { syncToken: first.syncToken });
    expect(pages.map(told)).toEqual([['sessionHistory s1']]);
  });
});
