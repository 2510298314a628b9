import { putEraseMarker } from '../../../../core/lifecycle/erase-marker.js';
import { type ExpiredElement, expireElements } from '../../../../core/lifecycle/expire.js';
import { schedulePurge } from '../../../../core/lifecycle/schedule-purge.js';
import { readEnd } from '../../../../core/log/tail.js';
import type { Commit } from '../../../../core/model/log-entry.js';
import type { StoredItem } from '../../../../core/model/stored-item.js';
import { fanOut } from '../../../../core/push/fan-out.js';
import type { Caller } from '../../../../core/write/device-operations.js';
import { BoxUnderTest } from '../../../support/box-under-test.js';
import {
  aConversation,
  aFolder,
  aMessage,
  aSession,
  BOX,
  modification,
  removal,
  stateChange,
} from '../../../support/builders.js';
import type { MemoryStore } from '../../../support/memory-store.js';
import { aRetainingBox, expire, passDays, removeExpired } from '../../../support/time-to-live.js';

let box: BoxUnderTest;
beforeEach(async () => {
  box = await aRetainingBox(30);
});

const last = async (): Promise<Commit> => (await box.commits(BOX)).at(-1) as Commit;
const named = ({ rows }: Commit) => rows.map(({ type, id, removed }) => `${type} ${id} ${removed}`);

describe('what the database has removed', () => {
  test('[RT3] is one commit of the server, with a row for each', async () => {
    const state = stateChange('m2', { addFlags: ['\\Seen'] });
    await box.given(aConversation(), aSession(), aMessage({ id: 'm1' }), aMessage({ id: 'm2' }), state);
    const { modSeq } = await box.head();
    passDays(box, 30);
    await expire(box);
    const commit = await last();
    expect(commit).toMatchObject({ modSeq: modSeq + 1, origin: { by: 'server' } });
    expect(named(commit)).toEqual(['sessionHistory s1 expired', 'message m1 expired', 'message m2 expired']);
    expect(commit.rows[1]).toEqual({
      type: 'message',
      id: 'm1',
      conversationId: 'c1',
      folderId: 'default',
      date: '2026-02-28T09:00:00Z',
      messageContext: 'pager-message',
      removed: 'expired',
    });
    expect((await box.head()).counts).toMatchObject({ sessionHistory: 0, message: 0, messageState: 0 });
  });

  test('is noted once, however often it is told', async () => {
    await box.given(aMessage({ id: 'm1' }), aMessage({ id: 'm2', conversationId: 'c2' }));
    passDays(box, 30);
    const expired = removeExpired(box);
    await expireElements(box.core, BOX, [...expired, ...expired]);
    const head = await box.head();
    await expireElements(box.core, BOX, expired);
    await expireElements(box.core, BOX, expired.slice(1));
    expect(await box.head()).toEqual(head);
    expect(head.counts).toMatchObject({ conversationHistory: 2, message: 0 });
  });

  test('counts no more, and is not told, where something was created under its key meanwhile', async () => {
    await box.given(aMessage({ id: 'm1', flags: ['\\Seen'] }));
    const old = (await box.head()).counts;
    expect(old).toMatchObject({ message: 1, messageState: 1 });
    passDays(box, 30);
    const expired = removeExpired(box);
    await box.given(aMessage({ id: 'm1', textContent: 'anew', flags: ['\\Flagged'] }));
    const { modSeq } = await last();
    for (let times = 0; times < 2; times++) await expireElements(box.core, BOX, expired);
    expect((await last()).modSeq).toBe(modSeq);
    expect((await box.head()).counts).toMatchObject({ message: 1, messageState: 1 });
    await box.given(modification('message', 'm1', { subject: 'x' }), removal('message', 'm1'));
    await expireElements(box.core, BOX, expired);
    expect((await box.commits(BOX)).flatMap(named)).not.toContain('message m1 expired');
    expect((await box.head()).counts).toMatchObject({ message: 0, messageState: 0 });
  });

  test('counts no more either where that was deleted again', async () => {
    await box.given(aMessage({ id: 'm1' }));
    passDays(box, 30);
    const expired = removeExpired(box);
    await box.given(aMessage({ id: 'm1' }));
    await box.given(removal('message', 'm1'));
    for (let times = 0; times < 2; times++) await expireElements(box.core, BOX, expired);
    expect((await box.head()).counts.message).toBe(0);
    expect(await box.statuses(aMessage({ id: 'm1' }))).toEqual(['gone']);
  });

  test('and stands there again, since the box was restored from a backup, is noted, and not again when it goes', async () => {
    await box.given(aMessage({ id: 'm1' }));
    passDays(box, 30);
    const expired = removeExpired(box);
    const [message] = expired.map(({ element }) => element);
    await box.store.put(BOX, message as StoredItem, 'absent');
    await expireElements(box.core, BOX, expired);
    const head = await box.head();
    expect([named(await last()), head.counts.message]).toEqual([['message m1 expired'], 0]);
    await expireElements(box.core, BOX, expired);
    expect(await box.head()).toEqual(head);
  });

  test('of a past that was lost when the box was restored is not noted: the box has never held it', async () => {
    await box.given(aConversation());
    const backup = (box.store as MemoryStore).all(BOX);
    await box.given(aMessage({ id: 'm1' }));
    passDays(box, 30);
    const expired = removeExpired(box);
    const restored = new BoxUnderTest();
    restored.clock.nowMs = box.clock.nowMs;
    for (const item of backup) await restored.store.put(BOX, item, 'absent');
    const head = await restored.head();
    await expireElements(restored.core, BOX, expired);
    expect(await restored.head()).toEqual(head);
  });

  test('is noted two hundred at a time', async () => {
    for (let i = 0; i < 450; i += 50) {
      const some = Array.from({ length: 50 }, (_, j) =>
        aMessage({ id: `m${i + j}`, conversationId: `c${i}` }),
      );
      await box.given(...some);
    }
    passDays(box, 30);
    const before = (await box.head()).modSeq;
    await expire(box);
    const commits = (await box.commits(BOX)).filter(({ modSeq }) => modSeq > before);
    expect(commits.map(({ rows }) => rows.length)).toEqual([200, 200, 50]);
    expect((await box.head()).counts).toMatchObject({ conversationHistory: 9, message: 0 });
  });

  test('of many conversation histories is noted by one commit', async () => {
    const ids = Array.from({ length: 100 }, (_, i) => `c${i}`);
    for (const id of ids) await box.given(aMessage({ id: `m of ${id}`, conversationId: id }));
    passDays(box, 30);
    await expire(box);
    expect((await last()).rows).toHaveLength(100);
    expect((await box.head()).counts.message).toBe(0);
  });

  test('[RT3] is noted with all that it was, where its content stood aside', async () => {
    await box.given(aMessage({ id: 'm1', textContent: 'x'.repeat(20_000), flags: ['\\Seen'] }));
    passDays(box, 30);
    await expire(box);
    expect(named(await last())).toEqual(['message m1 expired']);
    const { counts } = await box.head();
    expect(counts).toMatchObject({ message: 0, messageState: 0 });
    const history = await box.element('conversationHistory', 'c1');
    const folders = (await box.contents()).filter(({ type }) => type === 'folder');
    const bytes = [history, ...folders].map((each) => Buffer.byteLength(JSON.stringify(each)));
    expect(counts.bytes).toBe(bytes.reduce((sum, each) => sum + each));
    removeExpired(box); // the writer of the expiry has applied the deposit again, since no entry says that it is applied
    expect((box.store as MemoryStore).all(BOX).filter(({ kind }) => kind === 'body')).toEqual([]);
  });

  test('of a box that is being erased is nothing to note', async () => {
    await box.given(aMessage({ id: 'm1' }));
    passDays(box, 30);
    const expired = removeExpired(box);
    await putEraseMarker(box.core, { box: BOX, epoch: (await box.head()).epoch });
    const before = (box.store as MemoryStore).all(BOX);
    expect((await readEnd(box.core, BOX))?.head.erasing).toBeDefined();
    await expect(expireElements(box.core, BOX, expired)).resolves.toBeUndefined();
    expect((box.store as MemoryStore).all(BOX)).toEqual(before);
  });

  test('of a box that was erased is nothing to note, nor of an earlier box of the user', async () => {
    await box.given(aMessage({ id: 'm1' }));
    passDays(box, 30);
    const expired = removeExpired(box);
    const other = new BoxUnderTest();
    await expireElements(other.core, BOX, expired);
    expect((other.store as MemoryStore).all(BOX)).toEqual([]);
    other.clock.nowMs = box.clock.nowMs + 5000;
    await other.given(aConversation());
    await expireElements(other.core, BOX, expired);
    expect(await other.head()).toMatchObject({ modSeq: 2, counts: { message: 0 } });
    expect(await other.statuses(aMessage({ id: 'm1' }))).toEqual(['applied']);
  });
});

describe('where its container went first, what has expired is not told again, and answers gone all the same', () => {
  beforeEach(() =>
    box.given(
      aFolder('f1'),
      aConversation({ folderId: 'f1' }),
      aSession(),
      aMessage({ id: 'm1', sessionId: 's1' }),
    ),
  );

  test.each([
    ['the conversation history was deleted', removal('conversationHistory', 'c1')],
    ['its folder was deleted', removal('folder', 'f1')],
  ])('%s', async (_, deleting) => {
    passDays(box, 30);
    await box.given(deleting);
    const { modSeq } = await last();
    await expire(box);
    expect((await last()).modSeq).toBe(modSeq); // no commit, since no device has to be notified
    expect((await box.head()).counts).toMatchObject({ sessionHistory: 0, message: 0 });
    await box.given(aConversation());
    expect(await box.statuses(aMessage({ id: 'm1' }), aSession())).toEqual(['gone', 'gone']);
  });

  test('the conversation history was begun anew', async () => {
    passDays(box, 30);
    await box.given(removal('conversationHistory', 'c1'), aMessage({ id: 'm2' }));
    const { modSeq } = await last();
    await expire(box);
    expect((await last()).modSeq).toBe(modSeq); // no commit, since no device has to be notified
    expect((await box.head()).counts).toMatchObject({ sessionHistory: 0, message: 1 });
    expect(await box.statuses(aMessage({ id: 'm1' }))).toEqual(['gone']);
  });
});

test('what a deleted session history held is told when it has expired, to a device too that keeps states alone', async () => {
  await box.given(aConversation(), aSession(), aMessage({ id: 'm1', sessionId: 's1', flags: ['\\Seen'] }));
  const states = await box.device(BOX, 'states', { elementTypes: ['messageState'] });
  const { syncToken = '' } = await box.syncAll(states);
  passDays(box, 30);
  const expired = removeExpired(box);
  // The message is removed before its session history is deleted, and that is noted only when devices know of the latter.
  const [session, message] = ['sessionHistory', 'message'].map((kind) => {
    const found = expired.find(({ element }) => element.kind === kind);
    if (!found) throw new Error(`no ${kind} has expired`);
    return found;
  }) as [ExpiredElement, ExpiredElement];
  const lives = { ...session.element, expiresAtMs: box.clock.nowMs + 1000 };
  await box.store.put(BOX, lives, 'absent');
  await box.given(removal('sessionHistory', 's1'));
  const told = await box.syncAll(states, { syncToken });
  await expireElements(box.core, BOX, [message]);
  const { changes } = await box.syncAll(states, { syncToken: told.syncToken ?? '' });
  expect([...told.changes, ...changes]).toContainEqual(
    expect.objectContaining({ type: 'message', id: 'm1', removed: 'expired' }),
  );
  expect((await box.head()).counts).toMatchObject({ message: 0, messageState: 0 });
});

describe('devices', () => {
  const told = async (device: Caller, syncToken?: string): Promise<object[]> =>
    (await box.syncAll(device, syncToken === undefined ? {} : { syncToken })).changes;

  test('[RT3, SY8] are told that it has expired, also beyond the age limit of their scope', async () => {
    const phone = await box.device(BOX, 'phone', { maxMessageAgeDays: 7 });
    const sessions = await box.device(BOX, 'sessions', { elementTypes: ['sessionHistory'] });
    const elsewhere = await box.device(BOX, 'elsewhere', { folders: ['RCSMessageStore' as never] });
    const devices = [phone, sessions, elsewhere];
    await box.given(aConversation(), aSession(), aMessage({ id: 'm1', sessionId: 's1' }));
    const tokens = await Promise.all(devices.map(async (device) => (await box.syncAll(device)).syncToken));
    passDays(box, 30);
    await expire(box);
    const { modSeq } = await box.head();
    const removed = (type: string, id: string) => ({
      type,
      id,
      conversationId: 'c1',
      modSeq,
      removed: 'expired',
    });
    expect(await told(phone, tokens[0])).toEqual([removed('sessionHistory', 's1'), removed('message', 'm1')]);
    expect(await told(sessions, tokens[1])).toEqual([removed('sessionHistory', 's1')]);
    expect(await told(elsewhere, tokens[2])).toEqual([]);
  });

  test('that were away for the whole life of an element are told of its end alone', async () => {
    const phone = await box.device(BOX, 'phone');
    await box.given(aConversation());
    const { syncToken } = await box.syncAll(phone);
    await box.given(aMessage({ id: 'm1', flags: ['\\Seen'] }));
    passDays(box, 30);
    await expire(box);
    expect(await told(phone, syncToken)).toMatchObject([{ type: 'message', id: 'm1', removed: 'expired' }]);
  });

  test('keep what has expired until that is noted, and are sent nothing of it by a backfill', async () => {
    const phone = await box.device(BOX, 'phone');
    await box.given(aMessage({ id: 'm1' }));
    const { syncToken } = await box.syncAll(phone);
    passDays(box, 30);
    expect(await told(phone, syncToken)).toEqual([]);
    const tablet = await box.device(BOX, 'tablet');
    expect(await told(tablet)).not.toContainEqual(expect.objectContaining({ type: 'message' }));
  });

  test('[PU1] are sent a synchronization request for it, and nothing is ordered to be emptied', async () => {
    await box.device(BOX, 'phone');
    const [phone] = await box.registry.devices(BOX);
    await box.registry.patch({ ...phone, box: BOX } as never, {
      set: { connectionId: 'k1', connectedAtMs: 0 },
    });
    await box.given(aConversation(), aSession(), aMessage({ id: 'm1', sessionId: 's1' }));
    passDays(box, 30);
    await expire(box);
    const commit = await last();
    await fanOut(box.core, BOX, commit);
    await schedulePurge(box.core, BOX, commit);
    expect(box.pushes.map(({ message }) => [message.deviceId, message.by])).toEqual([
      ['phone', commit.modSeq],
    ]);
    expect(box.purges).toEqual([]);
  });
});
