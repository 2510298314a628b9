import type { ViewChange } from '../../../client/local-state/derive.js';
import type { StoreTransaction } from '../../../client/stores/local-store.js';
import { memoryStore } from '../../../client/stores/memory-store.js';
import { until } from './fake-cloud.js';
import { SEED, textsOf, useCloud, work } from './sdk.js';

const context = useCloud();
const { aClient, aDeposit } = context;

const at = (day: number) => `2026-02-${String(day).padStart(2, '0')}T09:00:00Z`;

/** Conversation histories with one message each, one per day. */
const deposit = (...days: number[]) =>
  aDeposit(...days.map((day) => ({ id: `m${day}`, conversationId: `c${day}`, date: at(day) })));

const idsOf = (items: { conversation: { id: string } }[]) => items.map(({ conversation }) => conversation.id);

describe('conversations', () => {
  test('are sorted by last activity, page by page, with unread counts and the newest message', async () => {
    const client = aClient();
    await deposit(3, 1, 5, 2, 4);
    await aDeposit({ id: 'm9', conversationId: 'c1', date: at(9), flags: ['\\Seen'], textContent: 'latest' });
    await client.synchronize();
    const first = await client.conversations({ limit: 2 });
    expect(first.items).toMatchObject([
      { conversation: { id: 'c1' }, unread: 1, newest: { message: { id: 'm9', textContent: 'latest' } } },
      { conversation: { id: 'c5' }, unread: 1 },
    ]);
    const second = await client.conversations({ limit: 2, after: first.next });
    const third = await client.conversations({ limit: 2, after: second.next });
    expect([idsOf(second.items), idsOf(third.items), third.next]).toEqual([['c4', 'c3'], ['c2'], undefined]);
  });

  test('of one folder include those that the user has moved into it', async () => {
    const client = aClient();
    await deposit(1, 2, 3);
    await client.synchronize();
    await client.createFolder('Archive', { id: 'f1' });
    await client.moveConversation('c2', 'f1');
    expect(idsOf((await client.conversations({ folderId: 'default' })).items)).toEqual(['c3', 'c1']);
    expect(idsOf((await client.conversations({ folderId: 'f1' })).items)).toEqual(['c2']);
    expect(idsOf((await client.conversations()).items)).toEqual(['c3', 'c2', 'c1']);
  });

  test('without a message come last; without its newest message the one before counts', async () => {
    const client = aClient();
    await deposit(1, 2);
    await aDeposit({ id: 'm8', conversationId: 'c1', date: at(8) });
    await client.synchronize();
    await client.createConversation('empty', SEED);
    expect(idsOf((await client.conversations()).items)).toEqual(['c1', 'c2', 'empty']);
    await client.deleteMessage('c1', 'm8');
    expect(idsOf((await client.conversations()).items)).toEqual(['c2', 'c1', 'empty']);
    expect(await client.conversation('c1')).toMatchObject({ unread: 1, newest: { message: { id: 'm1' } } });
    expect(await client.conversation('none')).toBeUndefined();
  });

  test('count incoming messages without \\Seen as unread after each change', async () => {
    const [client, tablet] = [aClient(), aClient({ deviceId: 'tablet' })];
    await aDeposit({ id: 'm1' }, { id: 'm2' });
    await client.createMessage('c1', work('mine'), { id: 'm3' });
    await client.synchronize();
    await tablet.synchronize();
    expect(await client.conversation('c1')).toMatchObject({ unread: 2 });
    await tablet.markRead('c1');
    await tablet.synchronize();
    await client.synchronize();
    expect(await client.conversation('c1')).toMatchObject({ unread: 0 });
    await client.setFlags('c1', 'm1', { remove: ['\\Seen'] });
    expect(await client.conversation('c1')).toMatchObject({ unread: 1 });
    await client.deleteMessage('c1', 'm1');
    expect(await client.conversation('c1')).toMatchObject({ unread: 0 });
  });
});

describe('messages', () => {
  test('come newest first, page by page, in the order of the UTF-8 of their ids', async () => {
    const client = aClient();
    const ids = ['a', 'm~', 'm\u{1f600}', 'm\uff5e', 'm~7e', 'mé', 'z'];
    await aDeposit(...ids.map((id) => ({ id })));
    await client.synchronize();
    const expected = ids.sort((a, b) => Buffer.compare(Buffer.from(b), Buffer.from(a)));
    const found: string[] = [];
    for (let before: string | undefined; ; ) {
      const { items, next } = await client.messages('c1', {
        limit: 3,
        ...(before !== undefined && { before }),
      });
      found.push(...items.map(({ message }) => message.id));
      if (next === undefined) break;
      before = next;
    }
    expect(found).toEqual(expected);
    const { elements } = await client.history('c1');
    expect(elements.map(({ id }) => id)).toEqual(expected);
  });

  test('of one page are read without the rest of a large conversation', async () => {
    const store = memoryStore();
    const client = aClient({ store });
    const ids = Array.from({ length: 600 }, (_, i) => `m${String(i).padStart(3, '0')}`);
    for (let from = 0; from < 600; from += 40)
      await aDeposit(...ids.slice(from, from + 40).map((id) => ({ id })));
    await client.synchronize();
    const scan = jest.spyOn(store as unknown as StoreTransaction, 'scan');
    const { items, next } = await client.messages('c1', { limit: 50 });
    expect([items.length, next]).toEqual([50, 'm550']);
    const read = await Promise.all(scan.mock.results.map(({ value }) => value));
    expect(read.flat().length).toBeLessThanOrEqual(52);
    scan.mockRestore();
  });

  test('older than the scope come from the server after those that the device holds', async () => {
    const client = aClient({ preferences: { maxMessageAgeDays: 10 } });
    await aDeposit(
      ...[1, 2, 3, 24, 25, 26].map((day) => ({ id: `m${String(day).padStart(2, '0')}`, date: at(day) })),
    );
    await client.synchronize();
    expect((await client.messages('c1')).items).toHaveLength(3);
    await client.deleteMessage('c1', 'm02');
    await client.setFlags('c1', 'm25', { add: ['\\Flagged'] });

    const first = await client.messagesAndHistory('c1', { limit: 2 });
    expect(first.items.map(({ message, isHeld }) => [message.id, isHeld])).toEqual([
      ['m26', true],
      ['m25', true],
    ]);
    expect(first.items[1]?.flags).toEqual(['\\Flagged']);
    const second = await client.messagesAndHistory('c1', { limit: 3, before: first.next });
    expect(second.items.map(({ message, isHeld }) => [message.id, isHeld])).toEqual([
      ['m24', true],
      ['m03', false],
      ['m02', false],
    ]);
    const third = await client.messagesAndHistory('c1', { limit: 3, before: second.next });
    expect([third.items.map(({ message }) => message.id), third.next]).toEqual([['m01'], undefined]);
    expect((await client.messages('c1')).items).toHaveLength(3);
  });

  test('of a device that holds all of them cause no request', async () => {
    const client = aClient();
    await deposit(1);
    await client.synchronize();
    const { length } = context.cloud.loopback.received;
    expect(await client.messagesAndHistory('c1')).toMatchObject({ items: [{ isHeld: true }] });
    expect(context.cloud.loopback.received).toHaveLength(length);
  });

  test('are those of the device while the server is unreachable; without any the error is thrown', async () => {
    const client = aClient({ preferences: { maxMessageAgeDays: 10 } });
    await aDeposit({ id: 'm03', date: at(3) }, { id: 'm26', date: at(26) });
    await client.synchronize();
    context.cloud.before = () => 'hangUp';
    const held = await client.messagesAndHistory('c1');
    expect([held.items.map(({ message }) => message.id), held.next]).toEqual([['m26'], 'm26']);
    await expect(client.messagesAndHistory('c1', { before: 'm26' })).rejects.toThrow('No answer');
    context.cloud.before = () => undefined;
    expect((await client.messagesAndHistory('c1', { before: held.next })).items).toHaveLength(1);
  });
});

describe('a change', () => {
  test('is emitted with its conversation, for arrivals and for operations of the user', async () => {
    const client = aClient();
    await deposit(1, 2);
    await client.synchronize();
    const changes: ViewChange[] = [];
    client.on('changed', (change) => changes.push(change));
    await client.setFlags('c1', 'm1', { add: ['\\Seen'] });
    await client.createFolder('Family');
    await deposit(3);
    await client.synchronize();
    expect(changes.slice(0, 3)).toEqual([
      { folders: false, conversations: ['c1'] },
      { folders: true, conversations: [] },
      { folders: true, conversations: expect.arrayContaining(['c3']) },
    ]);
  });

  test('makes watch run its query again until it ends, for its conversation only', async () => {
    const client = aClient();
    await deposit(1, 2);
    await client.synchronize();
    const seen: unknown[][] = [];
    const end = client.watch(
      () => textsOf(client, 'c1'),
      (texts) => seen.push(texts),
      { conversationId: 'c1' },
    );
    await until(() => seen.length === 1);
    await client.modifyMessage('c2', 'm2', { textContent: 'elsewhere' });
    await client.modifyMessage('c1', 'm1', { textContent: 'changed' });
    await until(() => seen.length === 2);
    end();
    await client.modifyMessage('c1', 'm1', { textContent: 'unseen' });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(seen).toEqual([['text of m1'], ['changed']]);
  });

  test('calls the listener of subscribe until that ends', async () => {
    const client = aClient();
    await deposit(1, 2);
    await client.synchronize();
    const changes: unknown[] = [];
    const end = client.subscribe((change) => changes.push(change));
    await client.modifyMessage('c1', 'm1', { textContent: 'changed' });
    end();
    await client.modifyMessage('c2', 'm2', { textContent: 'unseen' });
    expect(changes).toEqual([{ folders: false, conversations: ['c1'] }]);
  });

  test('everything can be read and counted', async () => {
    const client = aClient();
    await deposit(1, 2);
    await client.synchronize();
    const types = [];
    for await (const { type } of client.elements()) types.push(type);
    expect(types).toEqual([
      'folder',
      'folder',
      'conversationHistory',
      'conversationHistory',
      'message',
      'message',
    ]);
    expect(await client.counts()).toEqual({
      folder: 2,
      conversationHistory: 2,
      sessionHistory: 0,
      message: 2,
      messageState: 0,
    });
  });
});
