import { BoxView, byKey, readAhead } from '../../../../core/log/view.js';
import type { LogEntry } from '../../../../core/model/log-entry.js';
import type { Range } from '../../../../core/ports/store.js';
import { BOX } from '../../../support/builders.js';
import { MemoryStore } from '../../../support/memory-store.js';
import { TestClock } from '../../../support/rig.js';
import { aMessageEffect, anEntry, aTombstone, FIRST, itemOf, messageContent } from './log-entry.js';

const NOW_MS = 5000;
const [FROM, TO] = ['E#c1#M#', 'E#c1#M$'];

let store: MemoryStore;
beforeEach(() => {
  store = new MemoryStore();
});

const viewWith = (...entries: LogEntry[]) => viewAheadOf([], ...entries);
const viewAheadOf = (ranges: readonly Range[], ...entries: LogEntry[]) => {
  const core = { store, clock: new TestClock(NOW_MS) };
  const ahead = readAhead(core, BOX, ranges);
  return new BoxView(core, BOX, entries.at(-1) ?? anEntry(FIRST, []), entries, ahead);
};
/** The view has messages already, as an entry of this index left them. */
const applied = async (index: number, ...ids: string[]) => {
  for (const id of ids) await store.put(BOX, itemOf(aMessageEffect(id), index), 'always');
};
const sk = (id: string) => `E#c1#M#${id}`;
const idsOf = (items: readonly { sk: string; kind: string }[]) =>
  items.map((item) => `${item.sk.slice(FROM?.length)}${item.kind === 'tombstone' ? ' gone' : ''}`);

/** All pages of a range. */
async function pagesOf(view: BoxView, { from = FROM, to = TO, descending = false, limit = 2 } = {}) {
  const pages: string[][] = [];
  for (let at: string | undefined; ; ) {
    const range = descending ? { from, to: at ?? to } : { from: at ?? from, to };
    const { items, more, last } = await view.query({ ...range, limit, descending } as Range);
    pages.push(idsOf(items.filter((item) => item.sk !== at)));
    if (!more || last === undefined || last === at) return pages;
    at = last;
  }
}

describe('an item that is read', () => {
  test('shows what the log alone knows of it', async () => {
    const view = viewWith(anEntry(FIRST + 1, [aMessageEffect('a')]));
    expect((await view.get([sk('a'), sk('b')])).get(sk('a'))).toMatchObject({ id: 'a', version: FIRST + 1 });
    expect((await view.get([sk('a'), sk('b')])).has(sk('b'))).toBe(false);
  });

  test('shows later entries over what is applied, in their order', async () => {
    await applied(FIRST, 'a');
    const content = (text: string) => ({ sk: sk('a'), content: messageContent('a', 2, text) });
    const view = viewWith(anEntry(FIRST + 1, [content('second')]), anEntry(FIRST + 2, [content('third')]));
    expect((await view.get([sk('a')])).get(sk('a'))).toMatchObject({
      data: { textContent: 'third' },
      version: FIRST + 2,
    });
  });

  test('stays as it is where it is ahead of what is laid over it', async () => {
    await store.put(BOX, itemOf(aTombstone('a'), FIRST + 3), 'always');
    const view = viewWith(anEntry(FIRST + 1, [aMessageEffect('a')]), anEntry(FIRST + 2, []));
    expect((await view.get([sk('a')])).get(sk('a'))).toMatchObject({ kind: 'tombstone', version: FIRST + 3 });
  });

  test('is not shown where an earlier life of the box has left it, and takes what this life lays over it', async () => {
    await applied(FIRST - 1, 'a', 'b');
    const view = viewWith(
      anEntry(FIRST + 1, [{ sk: sk('b'), state: { modSeq: 2, flags: ['x'], dispositions: [] } }]),
    );
    const items = await view.get([sk('a'), sk('b')]);
    expect(items.has(sk('a'))).toBe(false);
    expect(items.get(sk('b'))).toMatchObject({ kind: 'stateAlone', state: { flags: ['x'] } });
  });

  test('is as of an entry that was appended since, once that is laid over', async () => {
    const view = viewWith(anEntry(FIRST + 1, [aMessageEffect('a')]));
    view.layOver(anEntry(FIRST + 2, [aTombstone('a')]));
    expect((await view.get([sk('a')])).get(sk('a'))).toMatchObject({ kind: 'tombstone' });
  });
});

describe('an effect that has expired', () => {
  const expired = anEntry(FIRST + 1, [
    aMessageEffect('a', 1, { expiresAtMs: NOW_MS }),
    { sk: sk('b'), expiresAtMs: NOW_MS, state: { modSeq: 1, flags: ['x'], dispositions: [] } },
  ]);

  test('[RT4] is not laid over nothing, since the database may have removed the item', async () => {
    const view = viewWith(expired);
    expect(await view.get([sk('a'), sk('b')])).toEqual(new Map());
    expect(await pagesOf(view)).toEqual([[]]);
  });

  test('is laid over an item that is there', async () => {
    await applied(FIRST, 'a', 'b');
    const items = await viewWith(expired).get([sk('a'), sk('b')]);
    expect(items.get(sk('a'))).toMatchObject({ version: FIRST + 1, expiresAtMs: NOW_MS });
    expect(items.get(sk('b'))).toMatchObject({
      version: FIRST,
      stateVersion: FIRST + 1,
      state: { flags: ['x'] },
    });
  });

  test('is laid over nothing a moment before', async () => {
    const view = viewWith(anEntry(FIRST + 1, [aMessageEffect('a', 1, { expiresAtMs: NOW_MS + 1 })]));
    expect([...(await view.get([sk('a')])).keys()]).toEqual([sk('a')]);
  });

  test('and what came after it in the log is shown', async () => {
    const anew = anEntry(FIRST + 2, [aMessageEffect('a', 2)]);
    const { items } = await viewWith(expired, anew).query({ from: FROM, to: TO, limit: 9 } as Range);
    expect(items).toMatchObject([{ sk: sk('a'), version: FIRST + 2, modSeq: 2 }]);
  });
});

describe('a range that is read', () => {
  const between = anEntry(
    FIRST + 1,
    ['a', 'c', 'd', 'g', 'h'].map((id) => aMessageEffect(id)),
  );

  test.each([2, 3, 4, 9])(
    'holds what the log alone knows of, each once and in order, %i items at a time',
    async (limit) => {
      await applied(FIRST, 'b', 'e', 'f');
      const view = viewWith(between);
      expect((await pagesOf(view, { limit })).flat()).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']);
      expect((await pagesOf(view, { limit, descending: true })).flat()).toEqual([
        'h',
        'g',
        'f',
        'e',
        'd',
        'c',
        'b',
        'a',
      ]);
    },
  );

  test('has on a page that is not the last one nothing behind the key up to which it was read', async () => {
    await applied(FIRST, 'b', 'e', 'f');
    const view = viewWith(between);
    expect(await pagesOf(view, { limit: 2 })).toEqual([
      ['a', 'b', 'c', 'd', 'e'],
      ['f', 'g', 'h'],
    ]);
    expect(await pagesOf(view, { limit: 2, descending: true })).toEqual([
      ['h', 'g', 'f', 'e'],
      ['d', 'c', 'b', 'a'],
    ]);
  });

  test('holds nothing outside of it', async () => {
    const view = viewWith(between, anEntry(FIRST + 2, [{ ...aMessageEffect('x'), sk: 'E#c2#M#x' }]));
    expect(await pagesOf(view, { from: sk('c'), to: sk('g'), limit: 9 })).toEqual([['c', 'd', 'g']]);
  });

  test('shows what was deleted as deleted', async () => {
    await applied(FIRST, 'a', 'b');
    const view = viewWith(anEntry(FIRST + 1, [aTombstone('a'), aTombstone('c')]));
    expect(await pagesOf(view, { limit: 9 })).toEqual([['a gone', 'b', 'c gone']]);
  });

  test('is whole where the store has nothing', async () => {
    expect(await pagesOf(viewWith(between), { descending: true })).toEqual([['h', 'g', 'd', 'c', 'a']]);
  });

  test('that was begun ahead is read once, and is as of the view that asks for it', async () => {
    await applied(FIRST, 'b');
    const query = jest.spyOn(store, 'query');
    const range = { from: FROM, to: TO, limit: 9 } as Range;
    const view = viewAheadOf([range], between);
    view.layOver(anEntry(FIRST + 2, [aTombstone('b')]));
    expect(idsOf((await view.query({ ...range, limit: 5 })).items)).toEqual([
      'a',
      'b gone',
      'c',
      'd',
      'g',
      'h',
    ]);
    expect(query).toHaveBeenCalledTimes(1);
    await view.query(range);
    expect(query).toHaveBeenCalledTimes(2);
  });

  test('that could not be read ahead fails for who asks for it', async () => {
    store.query = async () => {
      throw new Error('no answer');
    };
    const range = { from: FROM, to: TO, limit: 9 } as Range;
    const view = viewAheadOf([range], between);
    await new Promise((settle) => setImmediate(settle));
    await expect(view.query(range)).rejects.toThrow('no answer');
  });
});

test('[EL7] keys stand in the order of their bytes, also where that of UTF-16 is another', async () => {
  const ids = ['z', '\u{ff5e}', '\u{1f600}'];
  await applied(FIRST, ids[1] as string);
  const view = viewWith(anEntry(FIRST + 1, [aMessageEffect(ids[2] as string), aMessageEffect('z')]));
  expect((await pagesOf(view, { limit: 9 })).flat()).toEqual(ids);
  expect((await pagesOf(view, { limit: 9, descending: true })).flat()).toEqual(ids.toReversed());
  expect([byKey('a', 'b'), byKey('b', 'a'), byKey('a', 'a')]).toEqual([-1, 1, 0]);
  expect(byKey('\u{ff5e}', '\u{1f600}')).toBeLessThan(0);
});
