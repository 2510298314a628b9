import { revokeDevice } from '../../../../core/admin/devices.js';
import { assignToBox } from '../../../../core/admin/policies.js';
import { keepNewest } from '../../../../core/log/keep-newest.js';
import { deviceKey } from '../../../../core/model/keys.js';
import type { Caller } from '../../../../core/write/device-operations.js';
import { BoxUnderTest } from '../../../support/box-under-test.js';
import { aConversation, aMessage, BOX } from '../../../support/builders.js';
import { grow } from '../../../support/grown.js';
import { WatchedStore } from '../../../support/watched-store.js';

const DAY_MS = 86_400_000;

let store: WatchedStore;
let box: BoxUnderTest;
let phone: Caller;
let token: string | undefined;

beforeEach(async () => {
  store = new WatchedStore();
  box = new BoxUnderTest(store);
  phone = await box.device(BOX, 'phone');
  await box.given(aConversation()); // commit 2
  token = (await box.syncAll(phone)).syncToken;
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

  test.each<[string, () => Promise<unknown>]>([
    ['small', async () => {}],
    [
      'of fifty elements',
      () => box.given(...Array.from({ length: 50 }, (_, i) => aMessage({ id: `many ${i}` }))),
    ],
    ['so large that its effects stand aside', () => box.given(aMessage({ textContent: 'x'.repeat(60_000) }))],
    ['not applied to the view, like those before it', () => message('m1')],
    ['applied to the view, like all', () => box.projected(BOX)],
    ['a registration of another device', () => box.device(BOX, 'tablet')],
  ])('takes one look at the log, and one at the device, where the newest entry is %s', async (_, before) => {
    await before();
    const { syncToken } = await sync();
    const patch = jest.spyOn(box.registry, 'patch');
    const project = jest.spyOn(store, 'project');
    store.reads.length = 0;
    expect(await sync(syncToken)).toEqual({ syncToken, ids: [] });
    const reads = [...store.reads];
    expect(reads.sort()).toEqual([
      `get ${deviceKey(phone.deviceId)}`,
      expect.stringMatching(/^query L#[0-9]{15}$/),
    ]);
    expect([patch.mock.calls, project.mock.calls]).toEqual([[], []]);
  });

  test('writes nothing where the device has no position yet to be noted', async () => {
    const project = jest.spyOn(store, 'project');
    await box.device(BOX, 'tablet');
    project.mockClear();
    const { syncToken } = await sync();
    const { syncToken: next } = await sync(syncToken);
    expect(next).toBe(syncToken);
    expect(project.mock.calls.filter(([, , advance]) => advance !== undefined)).toEqual([]);
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

  test('a box restored to the very position of the token continues, also when it has grown since', async () => {
    const restore = store.backup(BOX);
    await message('m1');
    restore();
    expect(await sync()).toEqual({ syncToken: token, ids: [] });
    await message('m2');
    expect((await sync()).ids).toEqual(['m2']);
    expect(resets()).toEqual([]);
  });
});

describe('rule: entries are read in line', () => {
  beforeEach(async () => {
    for (const id of ['m1', 'm2', 'm3']) await message(id); // commits 3, 4, 5
  });
  const hide = async (modSeq: number) => {
    const entry = (await box.commits(BOX)).find((each) => each.modSeq === modSeq);
    if (!entry) throw new Error('there must be such a commit');
    store.expire(BOX, entry.sk);
    return () => store.box(BOX).put(entry);
  };

  /** All is applied to the view, and the newest of two further commits says so. */
  const complete = async () => {
    await box.projected(BOX);
    for (const id of ['m4', 'm5']) await message(id);
  };

  test('an entry that a query has missed, since it was put behind its place, is found when it is read again', async () => {
    const show = await hide(4);
    const query = store.query.bind(store);
    let looks = 0;
    store.query = async (of, range) => {
      if (++looks === 2) show();
      return query(of, range);
    };
    expect((await sync()).ids).toEqual(['m1', 'm2', 'm3']);
    expect(box.clock.sleptMs).toBe(0);
  });

  test('[SY15] what precedes a gap that stays is sent, and more follows later', async () => {
    await complete();
    const show = await hide(4);
    const first = await sync();
    expect(first.ids).toEqual(['m1']);
    expect(first).toMatchObject({ hasMore: true });
    show();
    const third = await sync(first.syncToken);
    expect(third.ids).toEqual(['m2', 'm3', 'm4', 'm5']);
    expect(third).not.toHaveProperty('hasMore');
  });

  test('[TK5] what follows the token has expired and is gone, and the entry of the token has not: reset', async () => {
    await complete();
    for (const modSeq of [3, 4]) await hide(modSeq);
    expect(await sync()).toMatchObject({ reset: true });
    expect(resets()).toEqual(['expired']);
  });

  test('[TK5] the same where all of it is past its time, and the box has been in use since', async () => {
    const { syncToken } = await sync(); // behind m3
    await message('m4');
    await message('m5');
    await box.projected(BOX);
    box.clock.nowMs += 40 * DAY_MS;
    await message('m6');
    await box.projected(BOX);
    box.clock.nowMs += 51 * DAY_MS;
    await message('m7');
    await hide(6); // the database removes in no order
    expect(await sync(syncToken)).toMatchObject({ reset: true });
    expect(resets()).toEqual(['expired']);
  });

  test('[TK5] a hole further on shows when it is reached', async () => {
    await complete();
    await hide(4);
    const first = await box.syncAll(phone, { limit: 1, ...(token && { syncToken: token }) });
    expect(first.pages.some(({ reset }) => reset)).toBe(true);
    expect(new Set(first.changes.map(({ id }) => id as string))).toEqual(
      new Set(['default', 'RCSMessageStore', 'c1', 'm1', 'm2', 'm3', 'm4', 'm5']),
    );
  });

  test('is unavailable where entries are missing that the view needs', async () => {
    await hide(4);
    await expect(box.sync(phone)).rejects.toMatchObject({ kind: 'unavailable' });
    expect(box.reports).toContainEqual(expect.objectContaining({ event: 'logHole' }));
  });
});

describe('an entry without rows', () => {
  const synced = () => box.registry.device(BOX, phone.deviceId);

  test.each<[string, () => Promise<unknown>]>([
    ['registers another device', () => box.device(BOX, 'tablet')],
    ['changes what a device is called', () => box.device(BOX, 'phone', {})],
    ['assigns a policy', () => assigned()],
    ['revokes another device', () => revokeDevice(box.core, BOX, 'tablet' as never)],
    ['has results of another device, of which none was applied', () => failing('tablet')],
    ['has results of this device, of which none was applied', () => failing('phone')],
  ])('sends nothing and moves the position where it %s', async (_, happens) => {
    await box.device(BOX, 'tablet', {}, 'tablet-1');
    const before = await sync();
    const { modSeq, index } = await box.head();
    const { syncedModSeq } = (await synced()) ?? {};
    await happens();
    expect((await box.head()).modSeq).toBe(modSeq);
    const entries = (await box.head()).index - index;
    const answer = await box.sync(phone, { syncToken: before.syncToken });
    expect(answer).toEqual({ syncToken: expect.any(String) });
    expect(answer.syncToken === before.syncToken).toBe(entries === 0);
    expect((await synced())?.syncedModSeq).toBe(syncedModSeq);
    // From there on the position is that of the last entry: what it left behind is not read again.
    store.reads.length = 0;
    expect(await box.sync(phone, { syncToken: answer.syncToken })).toEqual({ syncToken: expect.any(String) });
    // A change of a device by a policy is an entry too.
    const { syncToken } = await box.sync(phone, { syncToken: answer.syncToken });
    expect(await box.sync(phone, { syncToken })).toEqual({ syncToken });
  });

  const assigned = async () => {
    await box.registry.putPolicy('mild' as never, { retentionDays: 700 });
    await assignToBox(box.core, BOX, 'mild' as never);
    box.clock.nowMs += 1000;
  };
  const failing = (deviceId: string) =>
    box.sync({ ...phone, deviceId, instanceId: `${deviceId}-1` } as Caller, {
      operations: [{ n: 1, op: 'delete', type: 'folder', id: 'none' }],
    });

  test('leaves the device as far behind in commits as it was', async () => {
    for (let i = 0; i < 5; i++) await box.device(BOX, `d${i}`);
    const { syncToken } = await sync();
    await message('m1');
    expect((await sync(syncToken)).changes).toMatchObject([{ id: 'm1', modSeq: 3 }]);
  });

  test('between commits takes none of the room of a response, and more are sent with them', async () => {
    await message('m1');
    await box.device(BOX, 'tablet');
    await message('m2');
    const { pages, changes } = await box.syncAll(phone, { limit: 1, ...(token && { syncToken: token }) });
    expect(changes.map(({ id, modSeq }) => [id, modSeq])).toEqual([
      ['m1', 3],
      ['m2', 4],
    ]);
    expect(pages).toHaveLength(2);
  });
});

describe('a device that the view still shows as it was', () => {
  /** Happens at another server, whose writes to the view do not come through. */
  const unprojected = async (happens: () => Promise<unknown>) => {
    const project = store.project.bind(store);
    store.project = async () => ({ outcome: 'done', dropped: [] });
    await happens();
    store.project = project;
  };
  const replaced = () => box.device(BOX, 'phone', {}, 'phone-2');
  const revoked = () => revokeDevice(box.core, BOX, phone.deviceId);

  test.each([
    ['revoked', 'device-not-registered', revoked],
    ['replaced', 'instance-replaced', replaced],
  ])('[AU5, DV7] is refused once it is %s', async (_, kind, happens) => {
    const { syncToken } = await sync();
    await unprojected(happens);
    await message('m1');
    const operations = [aMessage({ n: 1, id: 'own' })];
    for (const body of [
      { syncToken },
      {},
      { syncToken, operations },
      { operations },
      { syncToken: 'damaged' },
    ]) {
      await expect(box.sync(phone, body)).rejects.toMatchObject({ kind });
    }
    expect((await box.commits(BOX)).flatMap(({ rows }) => rows).map(({ id }) => id)).not.toContain('own');
  });

  test('[AU5] is refused by a poll that finds its revocation as the newest entry', async () => {
    const { syncToken } = await sync();
    await unprojected(revoked);
    await expect(box.sync(phone, { syncToken })).rejects.toMatchObject({ kind: 'device-not-registered' });
  });

  test('[ER18] is to come again while its registration is not applied yet, and is let in then', async () => {
    await unprojected(() => box.device(BOX, 'tablet'));
    const tablet = { box: BOX, deviceId: 'tablet', instanceId: 'tablet-1' } as Caller;
    await expect(box.syncAll(tablet)).rejects.toMatchObject({ kind: 'busy' }); // its position cannot be recorded
    await box.projected(BOX);
    expect((await box.syncAll(tablet)).changes.map(({ id }) => id)).toContain('c1');
  });

  test('[SC7] is sent what a change of its preferences brings, which is not applied yet', async () => {
    await unprojected(() => box.device(BOX, 'phone', { elementTypes: ['folder'] }));
    await message('m1');
    expect(await box.sync(phone, { syncToken: token })).toMatchObject({
      effective: { elementTypes: ['folder'] },
    });
  });
});

describe('rule: what is past its time counts as expired', () => {
  /** Time goes by, in which the quiet timer has expired. */
  const idle = async (ms: number) => {
    box.clock.nowMs += 46 * DAY_MS;
    await keepNewest(box.core, BOX);
    box.clock.nowMs += ms - 46 * DAY_MS;
  };
  const expireAll = async () => {
    for (const { sk } of await box.entries(BOX)) store.expire(BOX, sk);
  };

  test('[TK5] an entry of more than 90 days leads to reset, though it is still there', async () => {
    await message('m1');
    await idle(90 * DAY_MS + 1);
    expect(await sync()).toMatchObject({ reset: true });
    expect(resets()).toEqual(['expired']);
  });

  test('[TK5] so do entries that are gone, also right before a commit of this moment and with another scope', async () => {
    await message('m1');
    await idle(91 * DAY_MS);
    await expireAll();
    await message('m2');
    await box.device(BOX, 'phone', { maxTextBytes: 5 });
    expect(await sync()).toMatchObject({ reset: true });
    expect(resets()).toEqual(['expired']);
  });

  test('[TK5] so do entries that are gone, of a log that has none left', async () => {
    await message('m1');
    await idle(91 * DAY_MS);
    await expireAll();
    const { reset, ids } = await sync();
    expect([reset, ids.includes('m1')]).toEqual([true, true]);
  });

  test('an entry of 90 days does not', async () => {
    await message('m1');
    await idle(90 * DAY_MS);
    expect((await sync()).ids).toEqual(['m1']);
  });

  test('a device that is up to date stays so in a box that was idle for longer', async () => {
    await idle(200 * DAY_MS);
    await expireAll();
    expect(await sync()).toEqual({ syncToken: expect.any(String), ids: [] });
    await message('m1');
    expect((await sync()).ids).toEqual(['m1']);
    expect(resets()).toEqual([]);
  });

  test('a box whose newest entry may be gone is unavailable, and does not answer as if it were older', async () => {
    box.clock.nowMs += 91 * DAY_MS; // nobody has copied the newest entry
    await expect(sync()).rejects.toMatchObject({ kind: 'unavailable' });
    expect(box.reports).toContainEqual(expect.objectContaining({ event: 'anchorBehind' }));
  });
});

describe('rule: more than 2,000 commits behind at the start leads to reset', () => {
  const grown = (from: number, to: number) =>
    grow(
      box,
      Array.from({ length: to - from }, (_, i) => aMessage({ id: `x${from + i}`, seed: false })),
    );

  test('[TK5] 2,000 do not, 2,001 do, and one that is on its way is not held to it', async () => {
    await grown(0, 2000);
    const first = await box.sync(phone, { syncToken: token, limit: 1 });
    expect(first.changes?.map(({ id }) => id)).toEqual(['x0']);
    expect(first).not.toHaveProperty('reset');
    await grown(2000, 2001);
    expect(await sync()).toMatchObject({ reset: true });
    expect(resets()).toEqual(['tooFarBehind']);
    const second = await box.sync(phone, { syncToken: first.syncToken, limit: 1 });
    expect(second).not.toHaveProperty('reset');
    expect(second.changes?.map(({ id }) => id)).toEqual(['x1']);
  });

  test('[TK5] what the request itself commits does not count, also when it is sent again', async () => {
    await grown(0, 2000);
    const request = { syncToken: token, limit: 1, operations: [aMessage({ n: 1, id: 'own', seed: false })] };
    for (const _ of ['sent', 'sent again']) {
      const { results, changes, reset } = await box.sync(phone, request);
      expect([results?.[0]?.status, changes?.map(({ id }) => id), reset]).toEqual([
        'applied',
        ['x0'],
        undefined,
      ]);
    }
    await grown(2000, 2001);
    expect(await box.sync(phone, request)).toMatchObject({ reset: true });
  });
});
