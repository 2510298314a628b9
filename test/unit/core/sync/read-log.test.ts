import type { Caller } from '../../../../core/write/device-operations.js';
import { commitKey, HEAD_KEY } from '../../../../core/model/keys.js';
import { isRemoval } from '../../../../protocol/elements/element.js';
import { BoxUnderTest } from '../../../support/box-under-test.js';
import { aConversation, aMessage, BOX, deletion } from '../../../support/builders.js';
import { VeiledStore } from '../../../support/veiled-store.js';

const DAY_MS = 86_400_000;

let store: VeiledStore;
let box: BoxUnderTest;
let phone: Caller;
let token: string | undefined;

beforeEach(async () => {
  store = new VeiledStore();
  box = new BoxUnderTest(store);
  phone = await box.device(BOX, 'phone');
  await box.given(aConversation()); // commit 2
  token = (await box.syncAll(phone)).syncToken;
  box.clock.sleptMs = 0;
});

const sync = async (syncToken = token) => {
  const response = await box.sync(phone, { syncToken });
  return { ...response, ids: (response.changes ?? []).map(({ id }) => id as string) };
};
const message = (id: string) => box.given(aMessage({ id, seed: false }));
const resets = () => box.reports.filter(({ event }) => event === 'syncFromStart').map(({ why }) => why);

beforeEach(() => {
  box.reports.length = 0;
});

describe('nothing behind the token', () => {
  test('[SY5] is answered with a token alone', async () => {
    const response = await box.sync(phone, { syncToken: token });
    expect(response).toEqual({ syncToken: token });
  });

  test('takes two calls: the log, and the device', async () => {
    const device = jest.spyOn(box.registry, 'device');
    const patch = jest.spyOn(box.registry, 'patch');
    store.reads = 0;
    await sync();
    expect([store.reads, device.mock.calls.length, patch.mock.calls.length]).toEqual([1, 1, 0]);
  });
});

describe('rule: the log leads on from the token, by the chain of nonces', () => {
  test('[TK4] a box restored to before the token is another one: reset', async () => {
    const restore = store.backup(BOX);
    await message('m1');
    const ahead = (await sync()).syncToken;
    restore();
    expect(await sync(ahead)).toMatchObject({ reset: true });
    expect(resets()).toEqual(['otherTimeline']);
  });

  test.each([1, 2, 5])('[TK4] and so it is when it has grown again, by %i commits', async (count) => {
    const restore = store.backup(BOX);
    await message('m1');
    const ahead = (await sync()).syncToken;
    restore();
    for (let i = 0; i < count; i++) await message(`other ${i}`);
    const answer = await sync(ahead);
    expect(answer).toMatchObject({ reset: true });
    expect(answer.ids).not.toContain('m1');
  });

  test('a box restored to the very position of the token goes on, also when it has grown since', async () => {
    const restore = store.backup(BOX);
    await message('m1');
    restore();
    expect(await sync()).toEqual({ syncToken: token, ids: [] });
    await message('m2');
    expect((await sync()).ids).toEqual(['m2']);
    expect(resets()).toEqual([]);
  });

  test('a head that is seen late is waited for', async () => {
    const before = await box.head();
    await message('m1');
    const { syncToken } = await sync();
    store.hide(HEAD_KEY, { reads: 2, instead: before });
    expect(await sync(syncToken)).toEqual({ syncToken, ids: [] });
    expect(resets()).toEqual([]);
  });
});

describe('rule: each next row is one more', () => {
  beforeEach(async () => {
    for (const id of ['m1', 'm2', 'm3']) await message(id); // commits 3, 4, 5
  });

  test.each([
    [1, 50],
    [2, 150],
    [3, 350],
  ])('a row that is missing in the first %i looks is waited for, %i ms', async (looks, ms) => {
    store.hide(commitKey(3), { reads: looks });
    expect((await sync()).ids).toEqual(['m1', 'm2', 'm3']);
    expect(box.clock.sleptMs).toBe(ms);
  });

  test('[SY15] what precedes a gap that stays is told, and more follows later', async () => {
    store.hide(commitKey(4));
    const first = await sync();
    expect(first.ids).toEqual(['m1']);
    expect(first).toMatchObject({ hasMore: true });
    const second = await sync(first.syncToken);
    expect(second).toMatchObject({ hasMore: true, ids: [] });
    expect(second).not.toHaveProperty('reset');
    store.show();
    const third = await sync(second.syncToken);
    expect(third.ids).toEqual(['m2', 'm3']);
    expect(third).not.toHaveProperty('hasMore');
  });

  test('a head that is ahead of the last row is a gap like any other', async () => {
    for (const modSeq of [3, 4, 5]) store.hide(commitKey(modSeq));
    const first = await sync();
    expect(first).toMatchObject({ hasMore: true, ids: [] });
    store.show();
    expect((await sync(first.syncToken)).ids).toEqual(['m1', 'm2', 'm3']);
  });

  test('rows after the last one of a page are not missing while they are not asked for', async () => {
    store.hide(commitKey(5));
    const first = await sync();
    expect(first.ids).toEqual(['m1', 'm2']);
    expect(first).toMatchObject({ hasMore: true });
  });

  test.each([
    [59, false],
    [61, true],
  ])('a gap before a row that is %i s old: a hole that leads to reset is %s', async (seconds, isHole) => {
    store.expire(BOX, commitKey(3));
    box.clock.nowMs += seconds * 1000 - 400; // what it waits counts as well
    const answer = await sync();
    expect(answer.reset ?? false).toBe(isHole);
    expect(resets()).toEqual(isHole ? ['expired'] : []);
  });

  test('all rows gone behind the token, and the head old: reset', async () => {
    for (const modSeq of [3, 4, 5]) store.expire(BOX, commitKey(modSeq));
    box.clock.nowMs += 61_000;
    expect(await sync()).toMatchObject({ reset: true });
  });

  test('a hole further on shows when it is reached', async () => {
    store.expire(BOX, commitKey(4));
    box.clock.nowMs += 61_000;
    const first = await box.syncAll(phone, { limit: 1, ...(token && { syncToken: token }) });
    expect(first.pages.some(({ reset }) => reset)).toBe(true);
    expect(new Set(first.changes.map(({ id }) => id as string))).toEqual(
      new Set(['default', 'RCSMessageStore', 'c1', 'm1', 'm2', 'm3']),
    );
  });
});

describe('rule: what is past its time counts as expired', () => {
  test('[TK5] a row of more than 90 days leads to reset, though it is still there', async () => {
    await message('m1');
    box.clock.nowMs += 90 * DAY_MS + 1;
    expect(await sync()).toMatchObject({ reset: true });
    expect(resets()).toEqual(['expired']);
  });

  test('[TK5] so do rows that are gone, also right before a commit of this moment and with another scope', async () => {
    await message('m1');
    box.clock.nowMs += 91 * DAY_MS;
    for (const modSeq of [1, 2, 3]) store.expire(BOX, commitKey(modSeq));
    await message('m2');
    await box.device(BOX, 'phone', { maxTextBytes: 5 });
    expect(await sync()).toMatchObject({ reset: true });
    expect(resets()).toEqual(['expired']);
  });

  test('a row of 90 days does not', async () => {
    await message('m1');
    box.clock.nowMs += 90 * DAY_MS;
    expect((await sync()).ids).toEqual(['m1']);
  });

  test('a device that is up to date stays so in a box that was idle for longer', async () => {
    box.clock.nowMs += 200 * DAY_MS;
    for (const modSeq of [1, 2]) store.expire(BOX, commitKey(modSeq));
    expect(await sync()).toEqual({ syncToken: token, ids: [] });
    await message('m1');
    expect((await sync()).ids).toEqual(['m1']);
    expect(resets()).toEqual([]);
  });
});

describe('rule: more than 2,000 commits behind at the start leads to reset', () => {
  const grow = async (from: number, to: number) => {
    for (let i = from; i < to; i++) await box.deposit(BOX, aMessage({ id: `x${i}`, seed: false }));
  };

  test('[TK5] 2,000 do not, 2,001 do, and one that is on its way is not held to it', async () => {
    await grow(0, 2000);
    const first = await box.sync(phone, { syncToken: token, limit: 1 });
    expect(first.changes?.map(({ id }) => id)).toEqual(['x0']);
    expect(first).not.toHaveProperty('reset');
    await grow(2000, 2001);
    expect(await sync()).toMatchObject({ reset: true });
    expect(resets()).toEqual(['tooFarBehind']);
    const second = await box.sync(phone, { syncToken: first.syncToken, limit: 1 });
    expect(second).not.toHaveProperty('reset');
    expect(second.changes?.map(({ id }) => id)).toEqual(['x1']);
  });

  test('[TK5] what the request itself commits is none of them, also when it is sent again', async () => {
    await grow(0, 2000);
    const request = { syncToken: token, limit: 1, operations: [aMessage({ n: 1, id: 'own', seed: false })] };
    for (const _ of ['sent', 'sent again']) {
      const { results, changes, reset } = await box.sync(phone, request);
      expect([results?.[0]?.status, changes?.map(({ id }) => id), reset]).toEqual([
        'applied',
        ['x0'],
        undefined,
      ]);
    }
    await grow(2000, 2001);
    expect(await box.sync(phone, request)).toMatchObject({ reset: true });
  });
});

describe('an element that is not inline', () => {
  const large = (id: string) => aMessage({ id, seed: false, textContent: 'x'.repeat(40_000) });
  const key = (id: string) => `E#c1#M#${id}`;

  beforeEach(async () => {
    await box.given(large('m1'), large('m2'), large('m3')); // commit 3; only the first stands in it
  });

  test('is fetched', async () => {
    const { changes } = await sync();
    expect(changes).toEqual(
      ['m1', 'm2', 'm3'].map((id) =>
        expect.objectContaining({ type: 'message', id, modSeq: 3, textContent: 'x'.repeat(40_000) }),
      ),
    );
  });

  test('[SY15] and not visible yet stops the telling before it', async () => {
    store.hide(key('m2'));
    const first = await sync();
    expect(first.ids).toEqual(['m1']);
    expect(first).toMatchObject({ hasMore: true });
    store.show();
    expect((await sync(first.syncToken)).ids).toEqual(['m2', 'm3']);
  });

  test('and seen as it was before stops the telling too', async () => {
    const [before] = (await box.store.get(BOX, [key('m2')])).values();
    const change = { op: 'modify', type: 'message', conversationId: 'c1', data: { subject: 'new' } };
    await box.given(...['m1', 'm2', 'm3'].map((id) => ({ ...change, id })));
    const { syncToken } = await sync();
    await box.given(
      { ...change, id: 'm1', data: { subject: 'a' } },
      { ...change, id: 'm2', data: { subject: 'b' } },
    );
    if (before) store.hide(key('m2'), { instead: before });
    const first = await sync(syncToken);
    expect(first.ids).toEqual(['m1']);
    expect(first).toMatchObject({ hasMore: true });
    store.show();
    expect((await sync(first.syncToken)).changes).toEqual([
      expect.objectContaining({ id: 'm2', subject: 'b' }),
    ]);
  });

  test('and was removed since is passed over: a later row tells', async () => {
    await box.given(deletion('m2'));
    const { changes = [], ...rest } = await sync();
    expect(changes.filter((change) => change.id === 'm2').map(isRemoval)).toEqual([true]);
    expect(rest).not.toHaveProperty('hasMore');
  });

  test('and gone without a trace is passed over once nothing can be under way: it has expired', async () => {
    store.expire(BOX, key('m2'));
    expect(await sync()).toMatchObject({ ids: ['m1'], hasMore: true });
    box.clock.nowMs += 61_000;
    expect((await sync()).ids).toEqual(['m1', 'm3']);
  });

  test('and changed since is told with its latest state', async () => {
    await box.given({
      op: 'modify',
      type: 'message',
      id: 'm3',
      conversationId: 'c1',
      data: { subject: 'new' },
    });
    const { changes = [] } = await sync();
    expect(changes.filter(({ id }) => id === 'm3')).toEqual([
      expect.objectContaining({ subject: 'new', modSeq: 4 }),
    ]);
  });
});
