import { entryKey, messageKey } from '../../../../core/model/keys.js';
import type { ConversationId, MessageId } from '../../../../protocol/ids.js';
import { BoxUnderTest } from '../../../support/box-under-test.js';
import {
  aConversation,
  aFolder,
  aMessage,
  BOX,
  deletion,
  modification,
  removal,
  stateChange,
} from '../../../support/builders.js';

let box: BoxUnderTest;
beforeEach(() => {
  box = new BoxUnderTest();
});

describe('one request', () => {
  test('[OP6] commits what applies as one commit with one modSeq; what fails does not hold it back', async () => {
    const results = await box.results(
      aFolder('f1'),
      aFolder('f2', { parentFolderId: 'f9' }),
      { op: 'create' },
      aMessage({ id: 'm1' }),
      deletion('m9'),
      stateChange('m1', { addFlags: ['x'] }),
    );
    expect(results.map(({ status, modSeq }) => [status, modSeq])).toEqual([
      ['applied', 2],
      ['parentNotFound', undefined],
      ['invalid', undefined],
      ['applied', 2],
      ['notFound', undefined],
      ['applied', 2],
    ]);
    expect((await box.commits(BOX)).map(({ modSeq }) => modSeq)).toEqual([1, 2]);
  });

  test('[OP5] evaluates its operations in order, each seeing the ones before', async () => {
    expect(
      await box.statuses(
        aMessage({ id: 'm1', conversationId: 'c2', seed: false }),
        aConversation({ id: 'c2', folderId: 'f1' }),
        aFolder('f1'),
        aConversation({ id: 'c2', folderId: 'f1' }),
        aMessage({ id: 'm1', conversationId: 'c2', seed: false }),
        aMessage({ id: 'm1', conversationId: 'c2', seed: false }),
        deletion('m1', { conversationId: 'c2' }),
        deletion('m1', { conversationId: 'c2' }),
        aMessage({ id: 'm1', conversationId: 'c2', seed: false }),
      ),
    ).toEqual([
      'parentNotFound',
      'parentNotFound',
      'applied',
      'applied',
      'applied',
      'exists',
      'applied',
      'unchanged',
      'gone',
    ]);
  });

  test('folds what it does to one element into one row with the latest state', async () => {
    await box.given(
      aMessage({ id: 'm1', subject: 'a' }),
      modification('message', 'm1', { subject: 'b' }),
      stateChange('m1', { addFlags: ['x'] }),
      stateChange('m1', { addFlags: ['y'] }),
    );
    const rows = (await box.lastRows()).filter(({ id }) => id === 'm1');
    expect(rows.map(({ element }) => element)).toEqual([
      expect.objectContaining({ type: 'message', subject: 'b', modSeq: 2 }),
      expect.objectContaining({ type: 'messageState', flags: ['x', 'y'], modSeq: 2 }),
    ]);
  });

  test.each([
    ['a folder', aFolder('x'), removal('folder', 'x'), 'folder'],
    [
      'a conversation history',
      aConversation({ id: 'x' }),
      removal('conversationHistory', 'x'),
      'conversationHistory',
    ],
    ['a message', aMessage({ id: 'x', seed: false }), deletion('x'), 'message'],
  ])(
    '[OP7] that creates and deletes %s applies both and leaves one removal',
    async (_, create, remove, type) => {
      await box.given(aConversation());
      const before = (await box.head()).counts;
      await box.given(create, remove);
      expect(await box.lastRows()).toEqual([expect.objectContaining({ type, id: 'x', removed: 'deleted' })]);
      expect((await box.head()).counts).toEqual(before);
      expect(await box.statuses(remove)).toEqual(['unchanged']);
    },
  );

  test('that modifies and deletes leaves one removal', async () => {
    await box.given(aMessage({ id: 'm1', flags: ['x'] }));
    await box.given(
      modification('message', 'm1', { subject: 'b' }),
      stateChange('m1', { addFlags: ['y'] }),
      deletion('m1'),
    );
    expect(await box.lastRows()).toEqual([expect.objectContaining({ type: 'message', removed: 'deleted' })]);
  });

  test('lists its rows by type: folders, conversation and session histories, messages, states', async () => {
    await box.given(aMessage({ id: 'm0' }));
    await box.given(
      stateChange('m0', { addFlags: ['x'] }),
      aMessage({ id: 'm1', conversationId: 'c2', flags: ['y'] }),
      aFolder('f1'),
    );
    expect((await box.lastRows()).map(({ type }) => type)).toEqual([
      'folder',
      'conversationHistory',
      'message',
      'messageState',
      'messageState',
    ]);
  });

  test.each([
    ['fails', [deletion('m9'), aFolder('default'), { op: 'fly', type: 'folder' }]],
    ['changes nothing', [modification('conversationHistory', 'c1', {}), stateChange('m1', {})]],
  ])('[OP11] in which everything %s makes no commit and uses no modSeq', async (_, operations) => {
    await box.given(aMessage({ id: 'm1' }));
    const before = await box.head();
    const { modSeq } = await box.deposit(BOX, ...operations);
    expect(modSeq).toBe(2);
    expect(await box.head()).toEqual(before);
    expect(await box.commits(BOX)).toHaveLength(2);
  });
});

describe('ifModSeq', () => {
  beforeEach(() => box.given(aFolder('f1')));
  const renamed = (name: string, ifModSeq: number) => modification('folder', 'f1', { name }, { ifModSeq });

  test('[OP8] is compared with the state before the request, whatever operations before it did', async () => {
    expect(await box.statuses(renamed('a', 2), renamed('b', 2), renamed('c', 3))).toEqual([
      'applied',
      'applied',
      'conflict',
    ]);
    expect(await box.element('folder', 'f1')).toMatchObject({ name: 'b', modSeq: 3 });
  });

  test('[OP8] of an element created in the request is a conflict, whatever it says', async () => {
    const { modSeq } = await box.head();
    expect(
      await box.statuses(
        aMessage({ id: 'm1' }),
        modification('message', 'm1', { subject: 'x' }, { ifModSeq: modSeq }),
        modification('message', 'm1', { subject: 'x' }, { ifModSeq: modSeq + 1 }),
        deletion('m1', { ifModSeq: modSeq + 1 }),
        modification('conversationHistory', 'c1', { subject: 'x' }, { ifModSeq: modSeq + 1 }),
      ),
    ).toEqual(['applied', 'conflict', 'conflict', 'conflict', 'conflict']);
  });
});

describe('current', () => {
  const large = (bytes: number) => aMessage({ id: 'm1', textContent: 'x'.repeat(bytes) });
  const existing = async () => box.result(aMessage({ id: 'm1' }));

  test('[OP14] is left out above 2 KB of JSON, and the element stands in the changes of this synchronization', async () => {
    const phone = await box.device(BOX, 'phone');
    await box.given(large(2048));
    const { syncToken } = await box.syncAll(phone);
    expect(await existing()).toEqual({ status: 'exists' });
    const answer = await box.sync(phone, { syncToken, operations: [aMessage({ id: 'm1', n: 1 })] });
    expect(answer.results).toEqual([{ n: 1, status: 'exists' }]);
    expect(answer.changes).toEqual([expect.objectContaining({ type: 'message', id: 'm1' })]);
  });

  test('of 2 KB or less stands in the result', async () => {
    await box.given(large(0));
    const { current } = await existing();
    const rest = Buffer.byteLength(JSON.stringify(current));
    await box.given(deletion('m1'), { ...large(2048 - rest), id: 'm2' });
    const result = await box.result(aMessage({ id: 'm2' }));
    expect(Buffer.byteLength(JSON.stringify(result.current))).toBe(2048);
    await box.given({ ...large(2049 - rest), id: 'm3' });
    expect(await box.result(aMessage({ id: 'm3' }))).toEqual({ status: 'exists' });
  });

  test('for a conflict that is left out is told as well, the state for an operation on the state', async () => {
    const phone = await box.device(BOX, 'phone');
    const flags = Array.from({ length: 30 }, (_, i) => `${i}`.padEnd(80, 'x'));
    await box.given(aMessage({ id: 'm1', flags }));
    const { syncToken } = await box.syncAll(phone);
    const operations = [stateChange('m1', { addFlags: ['y'] }, { n: 1, ifModSeq: 1 })];
    const answer = await box.sync(phone, { syncToken, operations });
    expect(answer.results).toEqual([{ n: 1, status: 'conflict' }]);
    expect(answer.changes).toEqual([expect.objectContaining({ type: 'messageState', id: 'm1' })]);
  });
});

describe('more than one commit holds', () => {
  const large = (i: number) =>
    aMessage({ id: `m${i}`, conversationId: `c${i}`, textContent: 'é'.repeat(32_000) });

  test('[OP10] gets results for as many operations as are processed, in order, and the rest is sent again', async () => {
    let rest = Array.from({ length: 50 }, (_, i) => large(i));
    const counts: number[] = [];
    for (; rest.length > 0; rest = rest.slice(counts.at(-1))) {
      const { results } = await box.deposit(BOX, ...rest);
      expect(results.every(({ status }) => status === 'applied')).toBe(true);
      counts.push(results.length);
    }
    expect(counts).toEqual([24, 24, 2]);
    expect(await box.names('message')).toHaveLength(50);
  });

  test('[OP10] is 1.5 MB of elements: the operation that goes beyond is the last one processed', async () => {
    const { results } = await box.deposit(BOX, ...Array.from({ length: 50 }, (_, i) => large(i)));
    const bytes = results.map((_, i) => Buffer.byteLength(JSON.stringify(large(i))));
    const sum = bytes.reduce((a, b) => a + b);
    expect(sum).toBeGreaterThan(1_500_000);
    expect(sum - (bytes.at(-1) ?? 0)).toBeLessThan(1_500_000 + 24 * 500);
  });

  test('[OP6] is not a question of how many items it touches', async () => {
    const operations = Array.from({ length: 50 }, (_, i) =>
      aMessage({ id: `m${i}`, conversationId: `c${i}`, flags: ['x'], inReplyToMessageId: 'm' }),
    );
    expect(await box.results(...operations)).toEqual(
      operations.map(() => ({ status: 'applied', modSeq: 2 })),
    );
    expect(await box.lastRows()).toHaveLength(150);
    expect(await box.names('message')).toHaveLength(50);
  });
});

test('a large commit keeps its elements aside, and they come back whole', async () => {
  await box.given(
    ...[1, 2, 3].map((i) => aMessage({ id: `m${i}`, textContent: 'x'.repeat(40_000) })),
    aMessage({ id: 'm4', textContent: 'short' }),
  );
  const { index } = await box.head();
  const stored = (await box.store.get(BOX, [entryKey(index)])).get(entryKey(index));
  expect(JSON.stringify(stored).length).toBeLessThan(4000);
  const messages = (await box.lastRows()).filter(({ type }) => type === 'message');
  for (const id of ['m1', 'm2', 'm3', 'm4']) {
    const element = await box.element('message', id);
    expect(element).toBeDefined();
    expect(messages.find((row) => row.id === id)?.element).toEqual(element);
  }
});

test('[FO1] a box begins with a commit that creates its built-in folders', async () => {
  await box.given(aMessage());
  const [first] = await box.commits(BOX);
  expect(first).toMatchObject({ modSeq: 1, previous: '', origin: { by: 'server' } });
  expect(first?.rows.map(({ type, id }) => [type, id])).toEqual([
    ['folder', 'default'],
    ['folder', 'RCSMessageStore'],
  ]);
});

test('each commit carries the nonce and the time of the one before', async () => {
  await box.given(aMessage());
  box.clock.nowMs += 5000;
  await box.given(aMessage());
  const commits = await box.commits(BOX);
  for (const [i, commit] of commits.slice(1).entries()) {
    expect(commit.previous).toBe(commits[i]?.nonce);
    expect(commit.previousAtMs).toBe(commits[i]?.atMs);
  }
  expect(new Set(commits.map(({ nonce }) => nonce)).size).toBe(3);
  expect((await box.head()).nonce).toBe(commits[2]?.nonce);
});

test('the log keeps a commit for 90 days, and what is left of a deleted element 120', async () => {
  await box.given(aMessage({ id: 'm1' }));
  await box.given(deletion('m1'));
  const days = (ms = 0) => (ms - box.clock.nowMs) / 86_400_000;
  expect(days((await box.commits(BOX)).at(-1)?.expiresAtMs)).toBe(90);
  const tombstone = await box.item(messageKey('c1' as ConversationId, 'm1' as MessageId));
  expect(tombstone).toMatchObject({ kind: 'tombstone', of: 'message' });
  expect(days(tombstone?.expiresAtMs)).toBe(120);
});

test('[AU6] boxes do not share anything', async () => {
  await box.given(aMessage({ id: 'm1' }));
  const { results, modSeq } = await box.deposit(
    'tel:+15550999' as never,
    deletion('m1'),
    aMessage({ id: 'm1' }),
  );
  expect(results.map(({ status }) => status)).toEqual(['parentNotFound', 'applied']);
  expect(modSeq).toBe(2);
});
