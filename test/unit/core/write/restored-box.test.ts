// A table that was restored from a backup can hold items that are ahead of its log, and lack some that are behind it.
import { projectEntries } from '../../../../core/lifecycle/project-entry.js';
import { readTail } from '../../../../core/log/tail.js';
import { latestVersionOf } from '../../../../core/model/effects.js';
import type { StoredConversation, StoredMessage } from '../../../../core/model/items.js';
import { entryKey } from '../../../../core/model/keys.js';
import type { LogEntry } from '../../../../core/model/log-entry.js';
import { BACKUP_SPREAD_MS, DAY_MS } from '../../../../core/model/timing.js';
import { historyOf } from '../../../../core/read/history-of.js';
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
import { MemoryStore } from '../../../support/memory-store.js';

let store: MemoryStore;
let box: BoxUnderTest;
beforeEach(async () => {
  store = new MemoryStore();
  box = new BoxUnderTest(store);
  await box.given(
    aMessage({ id: 'm1', subject: 'as of the backup', flags: ['kept'] }),
    aMessage({ id: 'm2' }),
  );
  await box.projected(BOX);
});

/** Sets back what the predicate names, to how it is now, when called. */
function backup(isOf: (sk: string) => boolean): () => void {
  const { items } = store.box(BOX);
  const saved = [...items].filter(([sk]) => isOf(sk));
  return () => {
    for (const sk of items.keys()) if (isOf(sk)) items.delete(sk);
    for (const [sk, item] of saved) items.set(sk, item);
  };
}
const isLog = (sk: string) => /^[LO][#~]/.test(sk);
const isView = (sk: string) => !isLog(sk);
const stored = async (sk: string) => (await store.get(BOX, [sk])).get(sk);
const M1 = 'E#c1#M#m1';

describe('an item that is ahead of the head', () => {
  beforeEach(async () => {
    const restore = backup(isLog);
    await box.given(modification('message', 'm1', { subject: 'lost by the log' }));
    await box.given(stateChange('m1', { addFlags: ['lost'] }));
    await box.projected(BOX);
    restore();
  });

  test('makes the next writer begin another timeline, and its write wins', async () => {
    const before = await box.head();
    const ahead = latestVersionOf((await stored(M1)) as never);
    await box.given(modification('message', 'm1', { subject: 'anew' }));
    const head = await box.head();
    expect([before.timeline, head.timeline]).toEqual([0, 1]);
    expect(head.index).toBe(before.index + 1);
    await box.projected(BOX);
    expect(latestVersionOf((await stored(M1)) as never)).toBeGreaterThan(ahead);
    expect(await stored(M1)).toMatchObject({ data: { subject: 'anew' } });
    expect(await box.element('message', 'm1')).toMatchObject({ subject: 'anew' });
  });

  test('is shown as what came last by who comes next, too', async () => {
    await box.given(modification('message', 'm1', { subject: 'anew' }));
    await box.given(stateChange('m1', { addFlags: ['next'] }));
    await box.projected(BOX);
    expect(await stored(M1)).toMatchObject({
      data: { subject: 'anew' },
      state: { flags: expect.arrayContaining(['next']) },
    });
    const { timeline } = await box.head();
    await box.given(stateChange('m1', { addFlags: ['third'] }));
    expect((await box.head()).timeline).toBe(timeline);
  });

  test('of a deletion is deleted in every order of what is applied', async () => {
    await box.given(deletion('m1'));
    for (const entry of (await box.entries(BOX)).toReversed()) await projectEntries(box.core, BOX, [entry]);
    expect(await stored(M1)).toMatchObject({ kind: 'tombstone' });
    expect(await box.statuses(aMessage({ id: 'm1' }))).toEqual(['gone']);
  });

  test('that nobody writes to leaves the timeline as it is', async () => {
    await box.given(modification('message', 'm2', { subject: 'other' }));
    expect((await box.head()).timeline).toBe(0);
  });

  test('[TK4] makes devices start over, since they may hold it', async () => {
    const phone = await box.device(BOX, 'phone');
    const { syncToken = '' } = await box.syncAll(phone);
    await box.given(modification('message', 'm1', { subject: 'anew' }));
    expect(await box.sync(phone, { syncToken })).toMatchObject({ reset: true });
  });
});

describe('a message that is ahead of the head, and of a later life of its conversation history by its number', () => {
  beforeEach(async () => {
    await box.device(BOX, 'phone');
    await box.projected(BOX);
    const restore = backup(isLog);
    for (const subject of ['lost', 'lost too', 'lost as well'])
      await box.given(modification('message', 'm1', { subject }));
    await box.projected(BOX);
    restore();
    Object.assign(box.core, { timeline: 1 });
    await box.given(removal('conversationHistory', 'c1'));
  });
  const isYounger = async () => {
    const { data } = (await stored('H#c1#')) as StoredConversation;
    return ((await stored(M1)) as StoredMessage).modSeq > data.createdModSeq;
  };

  test('answers gone to the request that begins it, and to later ones', async () => {
    expect(await box.statuses(aConversation(), aMessage({ id: 'm1' }))).toEqual(['applied', 'gone']);
    await box.projected(BOX);
    expect(await isYounger()).toBe(true);
    expect(await box.statuses(aMessage({ id: 'm1' }))).toEqual(['gone']);
  });

  test('is shown to no device, and is not in the history', async () => {
    await box.given(aMessage({ id: 'm3' }));
    await box.projected(BOX);
    expect(await isYounger()).toBe(true);
    expect(await box.names('message')).toEqual(['m3']);
    const query = { deviceId: 'phone' as never, limit: 10 } as never;
    const { elements } = await historyOf(box.core, BOX, 'c1' as never, query);
    expect(elements.map(({ id }) => id)).toEqual(['m3']);
  });
});

test('a write that others were first to make is no sign of a restore', async () => {
  const append = store.append.bind(store);
  store.append = async (of, entry) => {
    store.append = append;
    await box.given(modification('message', 'm1', { subject: 'theirs' }));
    await box.projected(BOX);
    return append(of, entry);
  };
  await box.given(
    stateChange('m1', { addFlags: ['mine'] }),
    modification('message', 'm1', { textContent: 'mine' }),
  );
  expect((await box.head()).timeline).toBe(0);
  expect(await box.element('message', 'm1')).toMatchObject({ subject: 'theirs', textContent: 'mine' });
});

describe('a timeline that the deployment has set, since its tables were restored', () => {
  const restored = () => {
    Object.assign(box.core, { timeline: 3 });
  };

  test('is that of the next entry, and wins over what was there', async () => {
    restored();
    await box.given(modification('message', 'm1', { subject: 'anew' }));
    expect(await box.head()).toMatchObject({ timeline: 3, resetsBefore: 3 });
    await box.given(aFolder('f1'));
    expect(await box.head()).toMatchObject({ timeline: 3 });
  });

  test('applies again what items of the backup lack, of the minutes before its newest entry', async () => {
    const restore = backup(isView); // the view was copied first
    await box.given(modification('message', 'm1', { subject: 'in the log' }), deletion('m2'));
    for (let i = 0; i < 3; i++) {
      await box.given(aMessage());
      await box.projected(BOX);
    }
    expect((await box.head()).projected).toBeGreaterThan((await box.head()).firstIndex + 1);
    restore();
    restored();
    expect(await box.element('message', 'm1')).toMatchObject({ subject: 'in the log' });
    expect(await box.statuses(aMessage({ id: 'm2' }))).toEqual(['gone']);
  });

  test('does not go by what a token or a deposit knew to be applied before', async () => {
    const phone = await box.device(BOX, 'phone');
    await box.projected(BOX);
    const restore = backup((sk) => isView(sk) && !sk.startsWith('D#') && !sk.startsWith('S#'));
    await box.given(deletion('m1'), deletion('m2'));
    for (let i = 0; i < 3; i++) {
      await box.given(aMessage());
      await box.projected(BOX);
    }
    const { syncToken } = await box.syncAll(phone);
    restore();
    restored();
    await box.device(BOX, 'tablet'); // the first entry of the new timeline
    const { results } = await box.sync(phone, { syncToken, operations: [aMessage({ n: 1, id: 'm1' })] });
    expect(results).toEqual([{ n: 1, status: 'gone' }]);
    expect(await box.statuses(aMessage({ id: 'm2' }))).toEqual(['gone']);
  });

  test('shows and applies what a box lacks that has been quiet for long', async () => {
    await box.given(aMessage({ id: 'm3' }));
    box.clock.nowMs += 60 * DAY_MS;
    restored();
    expect(await box.names('message')).toEqual(['m1', 'm2', 'm3']);
    await box.given(aFolder('f1'));
    expect(await stored('E#c1#M#m3')).toMatchObject({ kind: 'message' });
  });

  test('does not miss what has expired of the log, though a later entry says that it was not applied yet', async () => {
    await box.given(aMessage({ id: 'm3' }));
    const { sk } = (await box.entries(BOX)).at(-1) as LogEntry;
    await box.given(aMessage({ id: 'm4', textContent: 'x'.repeat(20_000) })); // its effects are in items of their own
    box.clock.nowMs += 80 * DAY_MS;
    await box.given(aMessage({ id: 'm5' }));
    box.clock.nowMs += 15 * DAY_MS;
    await box.given(aMessage({ id: 'm6' }));
    const { items } = store.box(BOX);
    for (const key of items.keys()) if (key === sk || key.startsWith('O#')) items.delete(key);
    restored();
    expect(await box.names('message')).toEqual(['m1', 'm2', 'm3', 'm4', 'm5', 'm6']);
  });

  test('shows and applies what its items lack, though the log says that it was applied', async () => {
    const { deviceId } = await box.device(BOX, 'reader');
    await box.given(aMessage({ id: 'm3' }));
    await box.projected(BOX);
    await box.given(aMessage({ id: 'm4' }), aMessage({ id: 'm5' }));
    await box.projected(BOX);
    await box.given(aMessage({ id: 'm6' }));
    store.box(BOX).items.delete('E#c1#M#m3'); // of an earlier moment than the log
    restored();
    const { elements } = await historyOf(box.core, BOX, 'c1' as never, { deviceId, limit: 50 });
    expect(elements.map(({ id }) => id)).toContain('m3');
    await box.given(aMessage({ id: 'm7' }));
    box.clock.nowMs += 5000;
    await box.given(aMessage({ id: 'm8' }));
    expect(await stored('E#c1#M#m3')).toMatchObject({ kind: 'message' });
  });

  test('takes for applied what is older than a backup takes', async () => {
    box.clock.nowMs += BACKUP_SPREAD_MS + 1;
    for (let i = 0; i < 3; i++) {
      await box.given(aMessage());
      await box.projected(BOX);
    }
    const { firstIndex } = await box.head();
    restored();
    await box.given(aMessage());
    const { projected } = await box.head();
    expect(projected).toBeGreaterThanOrEqual(firstIndex);
    expect((await readTail(box.core, BOX))?.head.timeline).toBe(3);
    expect(((await stored(entryKey(firstIndex))) as LogEntry).timeline).toBe(0);
  });
});
