// Fills a response up to its limit of elements and bytes.
import { synchronize } from '../../../../core/read/synchronize.js';
import type { Caller } from '../../../../core/write/device-operations.js';
import type { Change } from '../../../../protocol/elements/element.js';
import { BoxUnderTest } from '../../../support/box-under-test.js';
import {
  aConversation,
  aFolder,
  aMessage,
  BOX,
  deletion,
  modification,
  stateChange,
} from '../../../support/builders.js';
import { countOf } from '../../../support/told.js';

let box: BoxUnderTest;
let phone: Caller;
let token: string;

const start = async (...operations: object[]) => {
  box = new BoxUnderTest();
  phone = await box.device(BOX, 'phone');
  if (operations.length > 0) await box.given(...operations);
  await catchUp();
};
const catchUp = async () => {
  token = (await box.syncAll(phone, { ...(token !== undefined && { syncToken: token }) })).syncToken ?? '';
};
const sync = (more: object = {}) => box.sync(phone, { syncToken: token, ...more });
/** `type id modSeq`, and for a removal its reason. */
const short = (all: readonly Change[]) =>
  all.map(
    (change) =>
      `${change.type} ${change.id} ${change.modSeq}${'removed' in change ? ` ${change.removed}` : ''}`,
  );

beforeEach(async () => {
  token = undefined as never;
  await start(aConversation(), aMessage({ id: 'm1', flags: ['x'] })); // commit 2
});

describe('the room of a response', () => {
  const large = (id: string, bytes: number) => aMessage({ id, textContent: 'x'.repeat(bytes) });

  test.each([1, 2, 3, 7])(
    '[SY4] is the limit of %i elements, and all are sent in the end, each once',
    async (limit) => {
      await box.given(...['a', 'b', 'c'].map((id) => aFolder(id)), deletion('m1'));
      await box.given(aMessage({ id: 'm2', flags: ['y'] }), aMessage({ id: 'm3' }));
      const { pages, changes: all } = await box.syncAll(phone, { syncToken: token, limit });
      for (const page of pages) expect(countOf(page.changes)).toBeLessThanOrEqual(limit);
      expect(short(all).sort()).toEqual(
        [
          'folder a 3',
          'folder b 3',
          'folder c 3',
          'message m1 3 deleted',
          'message m2 4',
          'messageState m2 4',
          'message m3 4',
        ].sort(),
      );
    },
  );

  test.each([1, 2, 3, 4, 5, 8])(
    '[SY4] holds %i elements also where a conversation history comes in, with what was done to it before',
    async (limit) => {
      await start(aFolder('in'), aConversation({ id: 'c2' }));
      phone = await box.device(BOX, 'phone', { folders: ['in'] as never });
      await catchUp();
      await box.given(
        aMessage({ id: 'a', conversationId: 'c2' }),
        aMessage({ id: 'b', conversationId: 'c2' }),
      );
      await box.given(aMessage({ id: 'c', conversationId: 'c2', flags: ['y'] }));
      await box.given(modification('conversationHistory', 'c2', { folderId: 'in' }));
      const { pages, changes: all } = await box.syncAll(phone, { syncToken: token, limit });
      for (const page of pages) expect(countOf(page.changes)).toBeLessThanOrEqual(limit);
      expect(new Set(short(all))).toEqual(
        new Set([
          'conversationHistory c2 5',
          'message a 3',
          'message b 3',
          'message c 4',
          'messageState c 4',
        ]),
      );
    },
  );

  test('[SY4] counts a message and its state as one element, in one commit or in two', async () => {
    await box.given(aMessage({ id: 'm2', flags: ['y'] }));
    await box.given(stateChange('m1', { addFlags: ['y'] }));
    await box.given(modification('message', 'm1', { subject: 'x' }), aMessage({ id: 'm3' }));
    const first = await sync({ limit: 2 });
    expect(short(first.changes ?? [])).toEqual([
      'message m2 3',
      'message m1 5',
      'messageState m2 3',
      'messageState m1 4',
    ]);
    expect(first.hasMore).toBe(true);
    expect(short((await box.syncAll(phone, { syncToken: first.syncToken })).changes)).toEqual([
      'message m3 5',
    ]);
  });

  test('is 2 MB over HTTP', async () => {
    const ids = Array.from({ length: 100 }, (_, i) => `big${i}`);
    for (let i = 0; i < 100; i += 20) await box.given(...ids.slice(i, i + 20).map((id) => large(id, 1000)));
    for (let i = 0; i < 100; i += 20) {
      await box.given(
        ...ids.slice(i, i + 20).map((id) => modification('message', id, { textContent: 'x'.repeat(60_000) })),
      );
    }
    const { pages, changes: all } = await box.syncAll(phone, { syncToken: token, limit: 1000 });
    for (const page of pages) expect(JSON.stringify(page).length).toBeLessThanOrEqual(2 * 1024 * 1024);
    expect(pages.length).toBe(3);
    expect(new Set(all.map(({ id }) => id as string))).toEqual(new Set(ids));
    const last = new Map(all.map((change) => [change.id as string, change]));
    for (const id of ids) expect(last.get(id)).toMatchObject({ textContent: 'x'.repeat(60_000) });
  });

  test('is what the transport carries, and the first change is sent whatever its size', async () => {
    for (const id of ['a', 'b', 'c', 'd']) await box.given(large(id, 50_000));
    const seen: string[] = [];
    let syncToken = token;
    for (let more = true; more; ) {
      const body = { syncToken, operations: [], limit: 200 };
      const page = await synchronize(box.core, phone, body, { maxBytes: 120 * 1024 });
      expect(JSON.stringify(page).length).toBeLessThanOrEqual(120 * 1024);
      seen.push(...(page.changes ?? []).map(({ id }) => id as string));
      ({ syncToken } = page);
      more = page.hasMore ?? false;
    }
    expect(seen).toEqual(['a', 'b', 'c', 'd']);
  });

  test('is left to the results where these fill a frame: the changes follow', async () => {
    const operations = Array.from({ length: 45 }, (_, i) => ({
      ...aFolder(`f${i}`, { name: `${'"'.repeat(250)}${i}` }),
      n: i + 1,
    }));
    await box.given(...operations.slice(0, 25).map(({ n: _, ...operation }) => operation));
    await box.deposit(BOX, ...operations.slice(25).map(({ n: _, ...operation }) => operation));
    const body = { syncToken: token, operations: operations.slice(0, 45), limit: 200 };
    const first = await synchronize(box.core, phone, body, { maxBytes: 70 * 1024 });
    expect(first.results?.every(({ status }) => status === 'exists')).toBe(true);
    expect(first).toMatchObject({ hasMore: true });
    expect(first).not.toHaveProperty('changes');
    expect((await box.syncAll(phone, { syncToken: first.syncToken })).changes).toHaveLength(45);
  });
});
