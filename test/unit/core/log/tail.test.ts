import { putEraseMarker } from '../../../../core/lifecycle/erase-marker.js';
import { keepNewest } from '../../../../core/log/keep-newest.js';
import { entriesAfter, liveTail, readEnd, readTail, withUnprojected } from '../../../../core/log/tail.js';
import type { BoxId } from '../../../../core/model/items.js';
import { ANCHOR_KEY, entryKey } from '../../../../core/model/keys.js';
import type { LogEntry } from '../../../../core/model/log-entry.js';
import { DAY_MS, ENTRY_MS } from '../../../../core/model/timing.js';
import type { Range } from '../../../../core/ports/store.js';
import { createBox } from '../../../../core/write/box-creation.js';
import { BoxUnderTest } from '../../../support/box-under-test.js';
import { aMessage, BOX } from '../../../support/builders.js';
import { MemoryStore } from '../../../support/memory-store.js';

/** A store of which some queries do not see some entries: they were put behind the place where the query was already. */
class Overtaken extends MemoryStore {
  readonly unseen = new Map<string, number>(); // by key: for how many queries
  queries = 0;

  override async query(box: BoxId, range: Range) {
    this.queries++;
    const { items, ...end } = await super.query(box, range);
    return { ...end, items: items.filter(({ sk }) => !this.isUnseen(sk)) };
  }

  private isUnseen(sk: string): boolean {
    const left = this.unseen.get(sk) ?? 0;
    if (left > 0) this.unseen.set(sk, left - 1);
    return left > 0;
  }
}

let store: Overtaken;
let box: BoxUnderTest;
beforeEach(() => {
  store = new Overtaken();
  box = new BoxUnderTest(store);
});

/** A log of so many entries behind the first one. @returns the index of the first */
async function logOf(count: number): Promise<number> {
  for (let i = 0; i < count; i++) await box.given(aMessage());
  return (await box.head()).firstIndex;
}
const indexes = (entries: readonly LogEntry[]) => entries.map(({ index }) => index);
const line = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const drop = (index: number) => store.box(BOX).items.delete(entryKey(index));

describe('the end of a log', () => {
  test('is none where there is no box', async () => {
    expect(await readTail(box.core, BOX)).toBeUndefined();
    expect(await readTail(box.core, BOX, 7)).toBeUndefined();
  });

  test('is none while the box is being made', async () => {
    const append = store.append.bind(store);
    store.append = async (of, entry) => {
      expect(await readTail(box.core, BOX)).toBeUndefined();
      return append(of, entry);
    };
    await createBox(box.core, BOX);
    expect((await readTail(box.core, BOX))?.head).toMatchObject({ modSeq: 1, previous: '' });
  });

  test('is its newest entry, with some before it', async () => {
    const first = await logOf(9);
    const tail = await readTail(box.core, BOX);
    expect(tail?.head).toMatchObject({ index: first + 9, modSeq: 10 });
    expect(indexes(tail?.entries ?? [])).toEqual(line(first + 6, first + 9));
    expect(tail?.following).toEqual([]);
  });

  test('comes with what follows an index, by one query', async () => {
    const first = await logOf(9);
    store.queries = 0;
    const tail = await readTail(box.core, BOX, first + 2);
    expect(tail?.head.index).toBe(first + 9);
    expect(indexes(tail?.following ?? [])).toEqual(line(first + 2, first + 9));
    expect(store.queries).toBe(1);
  });

  test('is found where nothing follows an index', async () => {
    const first = await logOf(3);
    const tail = await readTail(box.core, BOX, first + 4);
    expect(tail?.head.index).toBe(first + 3);
    expect(tail?.following).toEqual([]);
  });

  test('is found where more follows than one query gives', async () => {
    const first = await logOf(130);
    const tail = await readTail(box.core, BOX, first + 5);
    expect(tail?.head.index).toBe(first + 130);
    expect(indexes(tail?.following ?? [])).toEqual(line(first + 5, first + 104));
    expect(indexes(tail?.entries ?? []).at(-1)).toBe(first + 130);
  });
});

describe('[SY15] an entry that a query has overtaken', () => {
  test.each([1, 2])('is there when the log is read again (unseen for %i queries)', async (queries) => {
    const first = await logOf(9);
    store.unseen.set(entryKey(first + 5), queries);
    const tail = await readTail(box.core, BOX, first + 2);
    expect(indexes(tail?.following ?? [])).toEqual(line(first + 2, first + 9));
  });

  test('and that is not there any more, since it had expired, ends what follows, and the head is the newest all the same', async () => {
    const first = await logOf(9);
    drop(first + 5);
    const tail = await readTail(box.core, BOX, first + 2);
    expect(tail?.head.index).toBe(first + 9);
    expect(indexes(tail?.following ?? [])).toEqual(line(first + 2, first + 4));
  });

  test('is not skipped by who takes up what others have appended', async () => {
    const first = await logOf(9);
    store.unseen.set(entryKey(first + 3), 1);
    expect(await entriesAfter(box.core, BOX, first + 2)).toEqual([]);
    expect(indexes(await entriesAfter(box.core, BOX, first + 2))).toEqual(line(first + 3, first + 9));
  });
});

test('[TK5] of entries that have expired some were removed before others: the head is the newest, not one before the gap', async () => {
  const first = await logOf(3);
  box.clock.nowMs += ENTRY_MS + DAY_MS;
  const newest = store.all(BOX).findLast((item) => item.kind === 'entry') as LogEntry;
  for (const index of line(first + 4, first + 8)) {
    await store.put(BOX, { ...newest, sk: entryKey(index), index, atMs: box.clock.nowMs }, 'always');
  }
  drop(first + 2);
  expect((await readTail(box.core, BOX, first + 1))?.head.index).toBe(first + 8);
});

describe('a box that is being erased', () => {
  test('[SP4] is busy for requests, none for those who announce, and its mark for the eraser', async () => {
    await logOf(2);
    const { epoch } = await box.head();
    await putEraseMarker(box.core, { box: BOX, epoch });
    await expect(readTail(box.core, BOX)).rejects.toMatchObject({
      kind: 'busy',
      details: { isErasing: true },
    });
    expect(await liveTail(box.core, BOX)).toBeUndefined();
    expect((await readEnd(box.core, BOX))?.head.erasing).toEqual({ elements: expect.any(Number) });
    store.box(BOX).items.delete(ANCHOR_KEY);
    await expect(readTail(box.core, BOX)).rejects.toMatchObject({ kind: 'busy' });
  });

  test('[SP5] leaves nothing to the one that is made anew: entries of an earlier life are passed over', async () => {
    const first = await logOf(5);
    const old = store.all(BOX).filter(({ kind }) => kind === 'entry');
    store.boxes.clear();
    box.clock.nowMs += 60_000;
    const anew = await logOf(1);
    expect(anew).toBe(first + 60_000);
    for (const entry of old) await store.put(BOX, entry, 'always');
    expect(indexes((await readTail(box.core, BOX))?.entries ?? [])).toEqual([anew, anew + 1]);
    const behind = await readTail(box.core, BOX, first + 2);
    expect(behind?.head.index).toBe(anew + 1);
    expect(indexes(behind?.following ?? []).filter((index) => index < anew)).toEqual([]);
  });
});

describe('a log whose entries have expired', () => {
  beforeEach(async () => {
    await logOf(3);
    await keepNewest(box.core, BOX);
    box.clock.nowMs += ENTRY_MS + DAY_MS;
  });

  test('ends as the anchor says', async () => {
    const newest = store.all(BOX).findLast((item) => item.kind === 'entry');
    store.removeExpired(BOX, box.clock.nowMs);
    const tail = await readTail(box.core, BOX);
    expect(tail?.entries).toEqual([]);
    const {
      rows: _,
      effects: __,
      kind: ___,
      sk: ____,
      version: _____,
      expiresAtMs: ______,
      ...last
    } = newest as LogEntry;
    expect(tail?.head).toMatchObject({ ...last, projected: last.index });
  });

  test.each(['all but the oldest', 'all but the newest', 'none'])(
    'ends there whatever the database has removed already: %s',
    async (removed) => {
      const { head } = (await readTail(box.core, BOX)) ?? {};
      const all = line(head?.firstIndex ?? 0, head?.index ?? 0);
      const gone =
        { 'all but the oldest': all.slice(1), 'all but the newest': all.slice(0, -1), none: [] }[removed] ??
        [];
      for (const index of gone) drop(index);
      expect((await readTail(box.core, BOX))?.head).toEqual(head);
      expect((await readTail(box.core, BOX, all[1]))?.head).toEqual(head);
    },
  );
});

test('a log whose newest entry has expired is not taken for shorter where the anchor is older', async () => {
  await logOf(2);
  await keepNewest(box.core, BOX);
  await logOf(1);
  box.clock.nowMs += ENTRY_MS + DAY_MS;
  await expect(readTail(box.core, BOX)).rejects.toMatchObject({ kind: 'unavailable' });
  expect(box.reports).toContainEqual(expect.objectContaining({ event: 'anchorBehind' }));
});

describe('what the view may lack', () => {
  const unprojected = async () => {
    const tail = await readTail(box.core, BOX);
    if (!tail) throw new Error('there is no box');
    return withUnprojected(box.core, BOX, tail);
  };

  test('is every entry that is not known to be applied, however many they are', async () => {
    const first = await logOf(250);
    const { behind, projected } = await unprojected();
    expect(projected).toBe(first); // the box was made by who appended it
    expect(indexes(behind)).toEqual(line(first + 1, first + 250));
  });

  test('comes with the effects of large entries', async () => {
    await box.given(aMessage({ id: 'm1', textContent: 'x'.repeat(20_000) }));
    const newest = (await unprojected()).behind.at(-1);
    expect(newest?.overflow).toBe(1);
    expect(newest?.effects.map(({ sk }) => sk)).toContain('E#c1#M#m1');
    expect(newest?.rows.at(-1)?.element).toMatchObject({ id: 'm1' });
  });

  test('is read again where a query has overtaken an entry', async () => {
    const first = await logOf(20);
    store.unseen.set(entryKey(first + 7), 2);
    expect(indexes((await unprojected()).behind)).toEqual(line(first + 1, first + 20));
  });

  test('is missed, and not passed over, where an entry is not there', async () => {
    const first = await logOf(20);
    drop(first + 7);
    await expect(unprojected()).rejects.toMatchObject({ kind: 'unavailable' });
    expect(box.reports).toContainEqual({ event: 'logHole', index: first + 1 });
  });

  test('[SP4] is busy, and no hole, where the box is being erased meanwhile', async () => {
    await logOf(20);
    const tail = await readTail(box.core, BOX);
    await putEraseMarker(box.core, { box: BOX, epoch: tail?.head.epoch ?? '' });
    for (const index of line(tail?.head.firstIndex ?? 0, tail?.head.index ?? 0)) drop(index);
    await expect(withUnprojected(box.core, BOX, tail as never)).rejects.toMatchObject({ kind: 'busy' });
    expect(box.reports.map(({ event }) => event)).not.toContain('logHole');
  });
});

test('what the anchor says to be applied is not looked for in the log, though a later entry does not know it', async () => {
  await logOf(3);
  await keepNewest(box.core, BOX);
  box.clock.nowMs += 80 * DAY_MS;
  const { getStale } = store;
  store.getStale = async () => new Map(); // an entry that was there a moment ago may not show
  await box.given(aMessage({ id: 'last' }));
  store.getStale = getStale;
  box.clock.nowMs += 15 * DAY_MS;
  store.removeExpired(BOX, box.clock.nowMs);
  expect(store.all(BOX).filter(({ kind }) => kind === 'entry')).toHaveLength(1);
  expect(await box.names('message')).toHaveLength(4);
});
