import { randomBytes } from 'node:crypto';
import type { BoxId, StoredMessage } from '../../core/model/items.js';
import { entryKey, overflowKey } from '../../core/model/keys.js';
import type { StoredItem } from '../../core/model/stored-item.js';
import type { Range, Store } from '../../core/ports/store.js';
import { anEntry, anItem, aState, many, numbered } from '../support/store-items.js';
import { describeProjection } from './store-projection-contract.js';

let boxes = 0;
const aBox = () => `tel:+1555${process.pid}${++boxes}` as BoxId;

const keysOf = (items: readonly StoredItem[]) => items.map(({ sk }) => sk);

/** All items of a range, in as many reads as needed. */
async function readAll(store: Store, box: BoxId, { from, to, limit, descending = false }: Range) {
  const items: StoredItem[] = [];
  for (let start: { from: string; to: string } = { from, to }, more = true; more; ) {
    const read = await store.query(box, { ...start, limit, descending });
    items.push(...read.items.filter(({ sk }) => !items.some((item) => item.sk === sk)));
    more = read.more;
    start = descending ? { from, to: read.last ?? to } : { from: read.last ?? from, to };
  }
  return items;
}

/**
 * The contract of core/ports/store.ts, without stronger promises. `open` may return the same store again:
 * each test has its own box.
 */
export function describeStore(name: string, open: () => Promise<Store>): void {
  describe(`the store ${name}`, () => {
    let store: Store;
    let box: BoxId;

    beforeEach(async () => {
      store = await open();
      box = aBox();
    });

    const fill = async (...keys: string[]) => {
      for (const sk of keys) expect(await store.put(box, anItem(sk), 'always')).toBe(true);
    };
    const item = async (sk: string) => (await store.get(box, [sk])).get(sk);

    describe.each(['get', 'getStale'] as const)('%s', (how) => {
      test('returns items for any number of keys, each once, and nothing for an unused key', async () => {
        const keys = many(130, (i) => numbered('A#', i));
        await store.project(
          box,
          keys.map((sk) => ({ sk, version: 1, content: anItem(sk) })),
        );
        const found = await store[how](box, [...keys, ...keys.slice(0, 20), 'A#999']);
        expect([...found.keys()].sort()).toEqual(keys);
        expect(found.get('A#129')).toEqual(anItem('A#129'));
      });

      test('returns a single item, or nothing', async () => {
        await fill('A#1');
        expect(await store[how](box, ['A#1'])).toEqual(new Map([['A#1', anItem('A#1')]]));
        expect(await store[how](box, ['A#2'])).toEqual(new Map());
      });

      test('returns nothing for no keys, and for a box that does not exist', async () => {
        expect(await store[how](box, [])).toEqual(new Map());
        expect(await store[how](box, ['A#1', 'A#2'])).toEqual(new Map());
      });

      test('returns items of both tables in one call', async () => {
        await fill('A#1', 'S#phone#1#x');
        expect([...(await store[how](box, ['S#phone#1#x', 'A#1'])).keys()].sort()).toEqual([
          'A#1',
          'S#phone#1#x',
        ]);
      });
    });

    describe('append', () => {
      test('puts an entry under an unused index, with its changes and the elements of its rows', async () => {
        const entry = anEntry(7);
        expect(await store.append(box, entry)).toEqual(entry);
        expect(await item(entry.sk)).toEqual(entry);
        const { items } = await store.query(box, { from: 'L#', to: 'L$', limit: 5 });
        expect(items).toEqual([entry]);
      });

      test('returns the entry that has the index, and does not change it', async () => {
        const first = anEntry(7, 'first');
        await store.append(box, first);
        expect(await store.append(box, anEntry(7, 'second'))).toEqual(first);
        expect(await store.append(box, first)).toEqual(first); // the same entry again, as after a lost answer
        expect(await item(first.sk)).toEqual(first);
      });

      test('puts one of several concurrent entries for an index, and returns it to all writers', async () => {
        const nonces = many(5, (i) => `writer ${i}`);
        const answers = await Promise.all(nonces.map((nonce) => store.append(box, anEntry(3, nonce))));
        expect(new Set(answers.map(({ nonce }) => nonce)).size).toBe(1);
        expect(await item(entryKey(3))).toMatchObject({ nonce: answers[0]?.nonce });
      });

      test('returns an entry without its changes when these are stored separately', async () => {
        const entry = { ...anEntry(4), overflow: 1 };
        await store.append(box, entry);
        const lost = await store.append(box, anEntry(4, 'other'));
        expect(lost).toMatchObject({ nonce: entry.nonce, overflow: 1, effects: [] });
        const { effects } = entry;
        const aside: StoredItem = { kind: 'overflow', sk: overflowKey(entry.nonce, 0), version: 0, effects };
        await store.put(box, aside, 'always');
        expect(await item(aside.sk)).toEqual(aside);
      });

      test('affects only its own box', async () => {
        const other = aBox();
        await store.append(box, anEntry(1, 'here'));
        expect((await store.append(other, anEntry(1, 'there'))).nonce).toBe('there');
        expect(await item(entryKey(1))).toMatchObject({ nonce: 'here' });
      });
    });

    describe('put', () => {
      test('puts an absent item, and returns false when the item exists', async () => {
        expect(await store.put(box, anItem('A#1', 1, 'first'), 'absent')).toBe(true);
        expect(await store.put(box, anItem('A#1', 2, 'second'), 'absent')).toBe(false);
        expect(await item('A#1')).toEqual(anItem('A#1', 1, 'first'));
      });

      test('puts an item with `always` over any existing one', async () => {
        await store.put(box, { ...anItem('A#1', 5), state: aState(4, 'x'), stateVersion: 4 }, 'always');
        expect(await store.put(box, anItem('A#1', 2), 'always')).toBe(true);
        expect(await item('A#1')).toEqual(anItem('A#1', 2));
      });

      test('puts one of several concurrent writes of an absent item', async () => {
        const done = await Promise.all(
          ['a', 'b', 'c'].map((text) => store.put(box, anItem('A#1', 1, text), 'absent')),
        );
        expect(done.filter(Boolean)).toHaveLength(1);
      });

      test('keeps both parts of a message', async () => {
        const message = { ...anItem('A#1', 5), state: aState(7, '\\Seen'), stateVersion: 7 };
        await store.put(box, message, 'absent');
        expect(await item('A#1')).toEqual(message);
      });
    });

    describeProjection(() => ({ store, box }));

    describe('replace', () => {
      const message = (version: number, stateVersion?: number): StoredMessage => ({
        ...anItem('A#1', version),
        ...(stateVersion !== undefined && { state: aState(stateVersion, 'x'), stateVersion }),
      });
      const tombstone = (stateVersion?: number): StoredItem => ({
        kind: 'tombstone',
        sk: 'A#1',
        version: 9,
        of: 'message',
        ...(stateVersion !== undefined && { stateVersion }),
      });

      test.each([
        ['both versions are still as read', true, message(5, 7), message(5, 7)],
        ['the item still has no state', true, message(5), message(5)],
        ['the content has changed', false, message(5, 7), message(6, 7)],
        ['the state has changed', false, message(5, 7), message(5, 8)],
        ['a state was added', false, message(5), message(5, 7)],
        ['the state was removed', false, message(5, 7), message(5)],
      ])('when %s: %s', async (_, isDone, read, there) => {
        await store.put(box, there, 'always');
        const next = tombstone(9);
        expect(await store.replace(box, [{ read, next }])).toEqual(isDone ? ['A#1'] : []);
        expect(await item('A#1')).toEqual(isDone ? next : there);
      });

      test('does nothing when the item was deleted', async () => {
        expect(await store.replace(box, [{ read: message(5), next: tombstone() }])).toEqual([]);
        expect(await item('A#1')).toBeUndefined();
      });

      test('replaces a state without its message', async () => {
        await store.project(box, [{ sk: 'A#1', version: 7, state: aState(7, 'x') }]);
        const read = await item('A#1');
        expect(await store.replace(box, [{ read: read as StoredItem, next: tombstone(9) }])).toEqual(['A#1']);
        expect(await item('A#1')).toEqual(tombstone(9));
      });

      test('returns the replaced items among many, and sets or removes their expiry time', async () => {
        const keys = many(30, (i) => numbered('A#', i));
        for (const [i, sk] of keys.entries()) {
          await store.put(
            box,
            { ...anItem(sk, i % 3 ? 1 : 2), ...(i % 2 && { expiresAtMs: 3_000_000_000_000 }) },
            'always',
          );
        }
        const items = keys.map((sk, i) => {
          const next: StoredItem = { kind: 'tombstone', sk, version: 3, of: 'message' };
          return { read: anItem(sk, 1), next: i % 2 ? next : { ...next, expiresAtMs: 4_000_000_000_000 } };
        });
        const done = keys.filter((_, i) => i % 3);
        expect([...(await store.replace(box, items))].sort()).toEqual(done);
        const found = await store.get(box, done);
        for (const { next } of items) if (done.includes(next.sk)) expect(found.get(next.sk)).toEqual(next);
      });
    });

    describe('remove', () => {
      test('removes items whose versions are not newer', async () => {
        await store.project(box, [
          { sk: 'A#1', version: 5, content: anItem('A#1', 5) },
          { sk: 'A#2', version: 6, content: anItem('A#2', 6) },
          { sk: 'A#3', version: 5, content: anItem('A#3', 5) },
          { sk: 'A#4', version: 5, state: aState(5) },
          { sk: 'A#5', version: 7, state: aState(7) },
        ]);
        await store.project(box, [{ sk: 'A#3', version: 6, state: aState(6) }]);
        await store.remove(box, ['A#1', 'A#2', 'A#3', 'A#4', 'A#5', 'A#6'], 5);
        expect((await store.keys(box, 10)).keys).toEqual(['A#2', 'A#3', 'A#5']);
      });

      test('removes any number of items, of both tables', async () => {
        const keys = [...many(60, (i) => numbered('A#', i)), 'D#phone', 'I#phone', 'S#phone#1#x'];
        await fill(...keys);
        await store.remove(box, keys, Number.MAX_SAFE_INTEGER);
        expect(await store.keys(box, 10)).toEqual({ keys: [], more: false });
        await store.remove(box, [], 1);
      });
    });

    describe('keys', () => {
      const all = [
        'A#1',
        'A#2',
        'E#1',
        'L#000000000000001',
        'Q#1',
        'R#1',
        'T#QUIET',
        'D#phone',
        'D#tablet',
        'I#phone',
        'S#phone#1#x',
      ];

      test.each([1, 2, 3, 7, 8, 11, 12])('returns the keys of both tables in pages of %i', async (limit) => {
        await fill(...all);
        const found: string[] = [];
        let isMore = true;
        for (let after: string | undefined; isMore; after = found.at(-1)) {
          const { keys, more } = await store.keys(box, limit, after);
          expect(keys.length).toBeLessThanOrEqual(limit);
          found.push(...keys);
          isMore = more;
        }
        expect(found).toEqual(all);
      });

      test('returns only the keys of its box', async () => {
        await fill('A#1', 'D#phone');
        expect(await store.keys(aBox(), 5)).toEqual({ keys: [], more: false });
      });

      test('continues after a key that was removed', async () => {
        await fill('A#1', 'A#3', 'D#phone');
        expect((await store.keys(box, 5, 'A#2')).keys).toEqual(['A#3', 'D#phone']);
        expect((await store.keys(box, 5, 'D#a')).keys).toEqual(['D#phone']);
      });
    });

    describe('query', () => {
      beforeEach(() => fill('A#1', 'A#2', 'A#3', 'B#1', 'B#2'));

      const query = async (from: string, to: string, limit = 10, descending = false) => {
        const { items, more, last } = await store.query(box, { from, to, limit, descending });
        if (!more) expect(last).toBeUndefined();
        return { keys: keysOf(items), more, last };
      };

      test('returns a range in order, both ends included', async () => {
        expect(await query('A#2', 'B#1')).toMatchObject({ keys: ['A#2', 'A#3', 'B#1'], more: false });
      });

      test('accepts ends without an item', async () => {
        expect(await query('A#', 'A$')).toMatchObject({ keys: ['A#1', 'A#2', 'A#3'], more: false });
        expect(await query('A#20', 'A#21')).toMatchObject({ keys: [], more: false });
      });

      test('returns the first items of a range, whether there are more, and the last key read', async () => {
        expect(await query('A#1', 'B#2', 2)).toEqual({ keys: ['A#1', 'A#2'], more: true, last: 'A#2' });
        expect(await query('A#2', 'B#2', 2)).toEqual({ keys: ['A#2', 'A#3'], more: true, last: 'A#3' });
      });

      test('returns a range in reverse order when `descending` is set', async () => {
        expect(await query('A#2', 'B#1', 10, true)).toMatchObject({
          keys: ['B#1', 'A#3', 'A#2'],
          more: false,
        });
        expect(await query('A#1', 'B#1', 2, true)).toEqual({ keys: ['B#1', 'A#3'], more: true, last: 'A#3' });
      });

      test.each([1, 2, 4, 5])(
        'returns all items when continued from the last key, %i more at a time',
        async (more) => {
          // A continued read returns its first key once more. With one item a read it would never advance.
          const range = { from: 'A#', to: 'B$', limit: more + 1 };
          const expected = ['A#1', 'A#2', 'A#3', 'B#1', 'B#2'];
          expect(keysOf(await readAll(store, box, range))).toEqual(expected);
          expect(keysOf(await readAll(store, box, { ...range, descending: true }))).toEqual(
            expected.toReversed(),
          );
        },
      );

      test('returns the items of the box in the registry, in both orders', async () => {
        await fill('D#a', 'D#b', 'I#a', 'S#a#1#x', 'S#a#2#x');
        expect(await query('D#', 'D$')).toMatchObject({ keys: ['D#a', 'D#b'], more: false });
        expect(await query('D#', 'D$', 1, true)).toEqual({ keys: ['D#b'], more: true, last: 'D#b' });
      });
    });

    test('keys sort by their UTF-8 bytes, where UTF-16 would order them otherwise', async () => {
      const ascending = ['A#"1', 'A#"2', 'A#$', 'A#Z', 'A#a', 'A#~', 'A#é', 'A#ż', 'A#～', 'A#｡', 'A#😀'];
      await fill(...ascending.toReversed());
      const { items } = await store.query(box, { from: 'A#', to: 'B', limit: 100 });
      expect(keysOf(items)).toEqual(ascending);
      const back = await store.query(box, { from: 'A#～', to: 'A#😀', limit: 100, descending: true });
      expect(keysOf(back.items)).toEqual(['A#😀', 'A#｡', 'A#～']);
    });

    test.each([
      ['nothing', ''],
      ['a little', 'é ～ 😀 "quoted" \\ \n'],
      ['a text just too short for compression', 'x'.repeat(100)],
      ['300 KB of repeated text', 'All work and no play. '.repeat(14_000)],
      ['150 KB of random text', randomBytes(75_000).toString('hex')],
    ])('an item that holds %s comes back as it was', async (_, text) => {
      const message = anItem('A#1', 3, text);
      await store.put(box, message, 'absent');
      const expected = new Map([['A#1', message]]);
      expect(await store.get(box, ['A#1'])).toEqual(expected);
      expect((await store.query(box, { from: 'A', to: 'B', limit: 5 })).items).toEqual([message]);
      await store.project(box, [{ sk: 'A#2', version: 3, content: { ...message, sk: 'A#2' } }]);
      expect(await item('A#2')).toEqual({ ...message, sk: 'A#2' });
    });

    test('the store reads many large items in several reads', async () => {
      const keys = many(12, (i) => numbered('A#', i));
      const text = randomBytes(100_000).toString('hex'); // about 100 KB compressed, so ten of them are 1 MB
      for (const sk of keys) await store.put(box, anItem(sk, 1, text), 'absent');
      expect(keysOf(await readAll(store, box, { from: 'A#', to: 'A$', limit: 50 }))).toEqual(keys);
      expect((await store.get(box, keys)).size).toBe(12);
    });

    test('the store returns the expiry time of an item, at least in whole seconds', async () => {
      const expiresAtMs = Date.now() + 1_000_000;
      await store.put(box, { ...anItem('A#1'), expiresAtMs }, 'absent');
      const found = (await item('A#1'))?.expiresAtMs ?? 0;
      expect(found).toBeGreaterThanOrEqual(expiresAtMs);
      expect(found).toBeLessThan(expiresAtMs + 1000);
    });

    test('the store accepts a key of 1,024 bytes', async () => {
      const sk = `A#${'é'.repeat(511)}`;
      await fill(sk);
      expect([...(await store.get(box, [sk])).keys()]).toEqual([sk]);
    });
  });
}
