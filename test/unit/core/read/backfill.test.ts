import { keepNewest } from '../../../../core/log/keep-newest.js';
import { synchronize } from '../../../../core/read/synchronize.js';
import type { Caller } from '../../../../core/write/device-operations.js';
import { type Change, ELEMENT_TYPES } from '../../../../protocol/elements/element.js';
import { type SyncResponse, syncBodySchema } from '../../../../protocol/sync.js';
import { BoxUnderTest } from '../../../support/box-under-test.js';
import {
  aConversation,
  aFolder,
  aMessage,
  aSession,
  BOX,
  deletion,
  modification,
  removal,
  stateChange,
} from '../../../support/builders.js';
import { WatchedStore } from '../../../support/watched-store.js';

const DAY_MS = 86_400_000;

let store: WatchedStore;
let box: BoxUnderTest;
let phone: Caller;

beforeEach(async () => {
  store = new WatchedStore();
  box = new BoxUnderTest(store);
  phone = await box.device(BOX, 'phone');
});

const names = (all: readonly Change[]) => all.map(({ type, id }) => `${type} ${id}`);
const of = (all: readonly Change[], type: string) => all.filter((change) => change.type === type);

/** Two folders, two conversation histories, each with a session history and four messages, every second with a state. */
const fill = async () => {
  await box.given(aFolder('f1'), aFolder('f2', { parentFolderId: 'f1' }));
  for (const conversationId of ['c1', 'c2']) {
    await box.given(
      aConversation({ id: conversationId, folderId: 'f1' }),
      aSession({ conversationId }),
      ...[1, 2, 3, 4].map((i) =>
        aMessage({ id: `m${i}`, conversationId, ...(i % 2 === 0 && { flags: ['x'] }) }),
      ),
    );
  }
  box.settle();
};
const ALL = [
  'folder RCSMessageStore',
  'folder default',
  'folder f1',
  'folder f2',
  'conversationHistory c1',
  'conversationHistory c2',
];
const contentsOf = (conversation: string) => [
  `sessionHistory s1 ${conversation}`,
  ...[4, 3, 2, 1].flatMap((i) => [
    `message m${i} ${conversation}`,
    ...(i % 2 === 0 ? [`messageState m${i} ${conversation}`] : []),
  ]),
];
const withConversation = (change: Change) =>
  `${change.type} ${change.id}${'conversationId' in change ? ` ${change.conversationId}` : ''}`;

/** A response is ordered by type. A message and its state count as one element. */
const inResponses = (all: readonly string[], limit: number) => {
  const isOwn = (name: string) => !name.startsWith('messageState ');
  const units = all.flatMap((name, i) => {
    const next = all[i + 1];
    return isOwn(name) ? [next === undefined || isOwn(next) ? [name] : [name, next]] : [];
  });
  return Array.from({ length: Math.ceil(units.length / limit) }, (_, i) =>
    byType(units.slice(i * limit, (i + 1) * limit).flat()),
  ).flat();
};
const unitsOf = ({ changes = [] }: SyncResponse) =>
  new Set(changes.map((change) => withConversation(change).replace('messageState', 'message'))).size;
const byType = (some: readonly string[]) =>
  ELEMENT_TYPES.flatMap((type) => some.filter((name) => name.startsWith(`${type} `)));

describe('the order', () => {
  beforeEach(fill);

  test.each([1, 2, 3])(
    '[BF1] with a limit of %i: folders, conversation histories, then contents, newest first',
    async (limit) => {
      const { changes, pages } = await box.syncAll(phone, { limit });
      expect(changes.map(withConversation)).toEqual(
        inResponses([...ALL, ...contentsOf('c2'), ...contentsOf('c1')], limit),
      );
      for (const page of pages.slice(0, -1)) expect(unitsOf(page)).toBe(limit);
    },
  );

  test('in one response is that of all responses: by type', async () => {
    const { pages } = await box.syncAll(phone);
    expect(pages).toHaveLength(1);
    const types = names(pages[0]?.changes ?? []).map((name) => name.split(' ')[0]);
    expect(types).toEqual([
      ...Array(4).fill('folder'),
      ...Array(2).fill('conversationHistory'),
      ...Array(2).fill('sessionHistory'),
      ...Array(8).fill('message'),
      ...Array(4).fill('messageState'),
    ]);
  });

  test('[BF3] says how much was sent, and counts up', async () => {
    const { pages } = await box.syncAll(phone, { limit: 5 });
    expect(pages.map(({ backfill }) => backfill?.sent)).toEqual([5, 10, 15, 16]);
    for (const { backfill } of pages) expect(backfill?.total).toBe(16);
    expect(pages.map(({ hasMore = false }) => hasMore)).toEqual([true, true, true, false]);
    for (const { nextSyncAfterSeconds } of pages) expect(nextSyncAfterSeconds).toBe(300);
  });

  test('[BF3] counts what it has sent itself, without live changes, to the end', async () => {
    const first = await box.sync(phone, { limit: 12 });
    await box.given(aFolder('new1'), aFolder('new2'));
    const second = await box.sync(phone, { limit: 12, syncToken: first.syncToken });
    expect([second.changes?.length, second.hasMore]).toEqual([8, undefined]);
    expect([first.backfill?.sent, second.backfill]).toEqual([12, { sent: 16, total: 16 }]);
  });

  test('[ME4] leaves out a state that has nothing left in it', async () => {
    await box.given(
      ...['c1', 'c2'].map((conversationId) => stateChange('m2', { removeFlags: ['x'] }, { conversationId })),
    );
    const states = of((await box.syncAll(phone)).changes, 'messageState');
    expect(states.map(withConversation)).toEqual(['messageState m4 c2', 'messageState m4 c1']);
  });

  test('[SY11] repeats a response that the client did not store', async () => {
    const first = await box.sync(phone, { limit: 7 });
    const second = await box.sync(phone, { limit: 7, syncToken: first.syncToken });
    expect(await box.sync(phone, { limit: 7, syncToken: first.syncToken })).toEqual(second);
  });
});

describe('live changes during a backfill', () => {
  beforeEach(fill);

  test('[BF2] come ahead of it, and it has half of each response', async () => {
    const first = await box.sync(phone, { limit: 6 });
    expect(names(first.changes ?? [])).toEqual(ALL);
    await box.given(...Array.from({ length: 10 }, (_, i) => aFolder(`new${i}`)));
    const second = await box.sync(phone, { limit: 6, syncToken: first.syncToken });
    expect(of(second.changes ?? [], 'folder')).toHaveLength(3);
    expect(unitsOf(second)).toBe(6);
    expect(names(second.changes ?? []).slice(3)).toEqual([
      'sessionHistory s1',
      'message m4',
      'message m3',
      'messageState m4',
    ]);
  });

  test.each([1, 2, 3, 4])(
    '[SY15] with a limit of %i are all sent, and the backfill gets on',
    async (limit) => {
      let page: SyncResponse = await box.sync(phone, { limit });
      const seen = [...(page.changes ?? [])];
      let added = 0;
      for (let i = 0; page.hasMore && i < 200; i++) {
        if (i < 10) added++;
        if (i < 10) await box.given(aFolder(`new${i}`), stateChange('m1', { addFlags: [`k${i}`] }));
        page = await box.sync(phone, { limit, syncToken: page.syncToken });
        seen.push(...(page.changes ?? []));
      }
      expect(page.hasMore).toBeUndefined();
      const held = new Set(seen.map(withConversation));
      for (const name of [...ALL, ...contentsOf('c1'), ...contentsOf('c2')]) expect(held).toContain(name);
      for (let i = 0; i < added; i++) expect(held).toContain(`folder new${i}`);
      expect(added).toBeGreaterThan(3);
      const states = seen.filter((change) => withConversation(change) === 'messageState m1 c1');
      expect(states.at(-1)).toMatchObject({ flags: Array.from({ length: added }, (_, i) => `k${i}`) });
    },
  );

  test('that delete what was not sent yet are sent, and nothing of it follows', async () => {
    const first = await box.sync(phone, { limit: 6 });
    await box.given(removal('conversationHistory', 'c1'), deletion('m3', { conversationId: 'c2' }));
    const { changes } = await box.syncAll(phone, {
      limit: 6,
      ...(first.syncToken && { syncToken: first.syncToken }),
    });
    expect(changes.filter((change) => 'removed' in change).map(withConversation)).toEqual([
      'conversationHistory c1',
      'message m3 c2',
    ]);
    const elements = changes.filter((change) => !('removed' in change)).map(withConversation);
    expect([...elements].sort()).toEqual(
      contentsOf('c2')
        .filter((name) => name !== 'message m3 c2')
        .sort(),
    );
  });

  test('that change what comes later are sent once, if they find room together', async () => {
    const first = await box.sync(phone, { limit: 6 });
    await box.given(modification('message', 'm4', { subject: 'new' }, { conversationId: 'c2' }));
    const { changes } = await box.syncAll(phone, { limit: 100, syncToken: first.syncToken });
    expect(changes.filter((change) => withConversation(change) === 'message m4 c2')).toEqual([
      expect.objectContaining({ subject: 'new' }),
    ]);
  });
});

describe('what is dead', () => {
  test('is not sent: contents of deleted containers that were not cleared away yet', async () => {
    await fill();
    await box.given(removal('conversationHistory', 'c1'));
    await box.given(removal('sessionHistory', 's1', { conversationId: 'c2' }));
    await box.given(aMessage({ id: 'x', conversationId: 'c3' }));
    box.settle();
    const { changes } = await box.syncAll(phone, { limit: 3 });
    expect(names(changes).filter((name) => !name.startsWith('folder'))).toEqual([
      'conversationHistory c2',
      'conversationHistory c3',
      'message x',
      'message m4',
      'message m3',
      'messageState m4',
      'message m2',
      'message m1',
      'messageState m2',
    ]);
  });

  test('is not sent: conversation histories of a deleted folder, and what an earlier life held', async () => {
    await fill();
    await box.given(removal('folder', 'f2'), removal('folder', 'f1'));
    await box.given(aMessage({ id: 'new', conversationId: 'c2' }));
    const { changes } = await box.syncAll(phone);
    expect(names(changes)).toEqual([
      'folder RCSMessageStore',
      'folder default',
      'conversationHistory c2',
      'message new',
    ]);
  });
});

test('a box that was idle for longer than the log is kept is sent from what it holds', async () => {
  await fill();
  box.clock.nowMs += 46 * DAY_MS;
  await keepNewest(box.core, BOX);
  for (const { sk } of await box.entries(BOX)) store.expire(BOX, sk);
  box.clock.nowMs += 154 * DAY_MS;
  const { changes, syncToken } = await box.syncAll(phone, { limit: 7 });
  expect(changes).toHaveLength(20);
  expect(await box.sync(phone, { syncToken })).toEqual({ syncToken });
});

test('an empty box is sent as what it is: its built-in folders', async () => {
  const { changes, pages } = await box.syncAll(phone);
  expect(names(changes)).toEqual(['folder RCSMessageStore', 'folder default']);
  expect(pages).toEqual([expect.objectContaining({ backfill: { sent: 2, total: 2 } })]);
});

test.each([
  ['damaged', () => 'damaged'],
  ['of another device', async () => (await box.syncAll(await box.device(BOX, 'tablet'))).syncToken],
])('[TK3, TK7] a token that is %s leads to reset, never to an error', async (_, token) => {
  await fill();
  const response = await box.sync(phone, { syncToken: await token() });
  expect(response.reset).toBe(true);
  expect(response.changes).toHaveLength(20);
});

test('[BF3, TK7] a response with reset says how far the backfill is, also where its results leave no room for it', async () => {
  await fill();
  const operations = Array.from({ length: 20 }, (_, i) => ({ n: i + 1, op: 'fly', unknown: 'x' }));
  const body = syncBodySchema.parse({ syncToken: 'unknown', operations });
  const maxBytes = 70 * 1024; // few more than one element may need
  const response = await synchronize(box.core, phone, body, { maxBytes });
  expect(response.results).toHaveLength(operations.length);
  expect(response).not.toHaveProperty('changes');
  const filling = { reset: true, hasMore: true, nextSyncAfterSeconds: 300 };
  expect(response).toMatchObject({ ...filling, backfill: { sent: 0, total: 16 } });
});

test('an initial synchronization is not a reset', async () => {
  expect(await box.sync(phone, {})).not.toHaveProperty('reset');
});

describe('with ids of the greatest length', () => {
  const long = (letter: string) => letter.repeat(128);

  test('tokens stay valid, and a conversation history that moves into the scope during the backfill is sent whole', async () => {
    const ids = ['a', 'b', 'c', 'd', 'e'].map(long);
    const [mine, other] = [long('y'), long('x')];
    const inside = (conversationId: string) =>
      ids.map((id) => aMessage({ id, conversationId, seed: false, flags: ['k'] }));
    await box.given(aFolder('in'), aConversation({ id: mine, folderId: 'in' }), aConversation({ id: other }));
    await box.given(...inside(mine));
    await box.given(...inside(other));
    box.settle();
    const narrow = await box.device(BOX, 'narrow', { folders: ['in'] as never });
    let page = await box.sync(narrow, { limit: 2 });
    const seen = [...(page.changes ?? [])];
    for (let i = 0; page.hasMore && i < 100; i++) {
      expect(page.syncToken.length).toBeLessThanOrEqual(600);
      if (i === 3) await box.given(modification('conversationHistory', other, { folderId: 'in' }));
      page = await box.sync(narrow, { limit: 2, syncToken: page.syncToken });
      seen.push(...(page.changes ?? []));
    }
    expect(page.hasMore).toBeUndefined();
    const held = new Set(seen.map(withConversation));
    for (const conversation of [mine, other]) {
      for (const id of ids) {
        expect(held).toContain(`message ${id} ${conversation}`);
        expect(held).toContain(`messageState ${id} ${conversation}`);
      }
    }
  });
});
