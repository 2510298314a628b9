// Rule 3: what does not stand in the log is fetched, and what has gone since, by itself or with what it was in, holds nothing up.

import { purge } from '../../../../../core/lifecycle/purge.js';
import { schedulePurging } from '../../../../../core/lifecycle/schedule-purge.js';
import type { StoredItem } from '../../../../../core/model/items.js';
import type { ChangeRow, Commit } from '../../../../../core/model/log-entry.js';
import { rowKey } from '../../../../../core/model/row-key.js';
import { linesOf } from '../../../../../core/read/line.js';
import { fetchedElement, fetchMissing, firstHidden } from '../../../../../core/read/rules/visible.js';
import { BoxUnderTest } from '../../../../support/box-under-test.js';
import { aFolder, aMessage, aSession, BOX, moved, removal } from '../../../../support/builders.js';
import { aRow, byReference, deleted, NOW_MS } from '../../../../support/log-rows.js';
import { told } from '../../../../support/told.js';

const linesAt = (modSeq: number, ...rows: readonly ChangeRow[]) =>
  linesOf([{ modSeq, atMs: NOW_MS, rows } as unknown as Commit], 0);

describe('what is fetched', () => {
  const store = { get: jest.fn(async () => new Map([['key', {}]])) };
  const fetching = (...rows: readonly ChangeRow[]) =>
    fetchMissing({ store } as never, BOX, linesAt(4, ...rows));
  beforeEach(() => store.get.mockClear());

  test('are the elements of the rows that tell them by reference, and no others', async () => {
    const row = byReference(aRow('message', 'm2', 'f1'));
    const removed = byReference(aRow('message', 'm3', 'f1', deleted));
    const found = await fetching(aRow('message', 'm1', 'f1'), row, removed);
    expect(store.get.mock.calls).toEqual([[BOX, [rowKey(row)]]]);
    expect([...found.keys()]).toEqual(['key']);
  });

  test('is nothing where all stands in the log: that is no call', async () => {
    expect((await fetching(aRow('message', 'm1', 'f1'), aRow('message', 'm2', 'f1', deleted))).size).toBe(0);
    expect(store.get).not.toHaveBeenCalled();
  });
});

describe('an element by reference that was written by commit 4', () => {
  const row = byReference(aRow('message', 'm1', 'f1'));
  const found = (item: object) => new Map([[rowKey(row), item as StoredItem]]);
  const tombstone = (version: number) => ({ kind: 'tombstone', of: 'message', version });

  test.each([
    ['is deleted in that commit', 4],
    ['was deleted since, or cleared away with what it was in', 5],
  ])('%s: it is passed over, and a later row tells', (_, version) => {
    const fetched = found(tombstone(version));
    expect(firstHidden(linesAt(4, row), fetched, NOW_MS)).toBe(-1);
    expect(fetchedElement(row, fetched)).toBeUndefined();
  });

  test('is a conversation history that was deleted before: the new one cannot be seen yet', () => {
    const anew = byReference(aRow('conversationHistory', 'c1', 'f1', { created: true }));
    const fetched = new Map([[rowKey(anew), tombstone(3) as StoredItem]]);
    expect(firstHidden(linesAt(4, aRow('message', 'm0', 'f1'), anew), fetched, NOW_MS)).toBe(1);
  });

  test('is a conversation history that has begun anew since: it is told as it is now', () => {
    const history = byReference(aRow('conversationHistory', 'c1', 'f1'));
    const item = { kind: 'conversationHistory', id: 'c1', version: 9, modSeq: 9, data: { createdModSeq: 9 } };
    const fetched = new Map([[rowKey(history), item as never]]);
    expect(firstHidden(linesAt(4, history), fetched, NOW_MS)).toBe(-1);
    expect(fetchedElement(history, fetched)).toMatchObject({ modSeq: 9, createdModSeq: 9 });
  });

  test('is nothing that another type has under this key', () => {
    expect(fetchedElement({ ...row, type: 'sessionHistory' }, new Map())).toBeUndefined();
    expect(fetchedElement(row, found({ kind: 'sessionHistory', version: 4 }))).toBeUndefined();
  });
});

describe('[SY15] what was in a container that is gone, or is another one by now', () => {
  const LARGE = 'x'.repeat(40_000); // only the first one of a commit stands in it
  let box: BoxUnderTest;
  let synchronize: () => ReturnType<BoxUnderTest['sync']>;

  beforeEach(async () => {
    box = new BoxUnderTest();
    await box.given(aFolder('f1'), aMessage({ id: 'm0' }), aSession(), moved('c1', 'f1'));
    const phone = await box.device(BOX, 'phone');
    const { syncToken } = await box.syncAll(phone);
    synchronize = () => box.sync(phone, { syncToken });
    const large = (id: string) => aMessage({ id, sessionId: 's1', textContent: LARGE });
    await box.given(large('m1'), large('m2'), large('m3'));
  });

  /** At once: long before the rows are so old that nothing of them can be under way. */
  const clearAway = async () => {
    for (const commit of await box.commits(BOX)) await schedulePurging(box.core, BOX, commit);
    for (let order = box.purges.shift(); order; order = box.purges.shift()) await purge(box.core, order);
  };

  describe.each([
    ['is not cleared away yet', async () => {}],
    ['is cleared away', clearAway],
  ])('and %s', (_, then) => {
    test.each<[string, object[], string[]]>([
      ['a conversation history', [removal('conversationHistory', 'c1')], ['conversationHistory c1 deleted']],
      ['a folder', [removal('folder', 'f1')], ['folder f1 deleted']],
      ['a session history', [removal('sessionHistory', 's1')], ['sessionHistory s1 c1 deleted']],
    ])('holds nothing up where it was %s', async (__, operations, removals) => {
      await box.given(...operations);
      await then();
      const { changes, hasMore } = await synchronize();
      expect(told(changes).filter((name) => name.endsWith('deleted'))).toEqual(removals);
      expect(hasMore).toBeUndefined();
    });

    test('holds nothing up where the conversation history has begun anew, and is not told', async () => {
      await box.given(removal('conversationHistory', 'c1'));
      await box.given(aMessage({ id: 'm9' }));
      await then();
      const { changes, hasMore } = await synchronize();
      expect(told(changes)).toEqual(['conversationHistory c1', 'message m9 c1']);
      expect(hasMore).toBeUndefined();
    });
  });
});
