import { randomBytes } from 'node:crypto';
import type { BoxId, StoredItem } from '../../core/model/items.js';
import { HEAD_KEY } from '../../core/model/keys.js';
import type { Store } from '../../core/ports/store.js';
import type { ConversationId, MessageId } from '../../protocol/ids.js';

let boxes = 0;
const aBox = () => `tel:+1555${process.pid}${++boxes}` as BoxId;

/** An item whose text the store has to give back. */
export const anItem = (sk: string, version = 1, textContent = `text of ${sk}`): StoredItem => ({
  kind: 'message',
  sk,
  version,
  modSeq: version,
  id: 'm' as MessageId,
  conversationId: 'c' as ConversationId,
  data: {
    messageContext: 'pager-message',
    direction: 'In',
    from: 'tel:+15550101',
    to: ['tel:+15550100'],
    date: '2026-02-28T09:00:00Z',
    contentType: 'text/plain',
    textContent,
  },
});

const put = (item: StoredItem) => ({ put: item, when: 'absent' as const });
const keysOf = (items: readonly StoredItem[]) => items.map(({ sk }) => sk);

/** All items of a range, however many reads it takes. */
async function readAll(store: Store, box: BoxId, from: string, to: string, limit: number) {
  const items: StoredItem[] = [];
  for (let start = from, more = true; more; ) {
    const read = await store.query(box, { from: start, to, limit });
    items.push(...read.items.filter(({ sk }) => sk !== items.at(-1)?.sk));
    start = items.at(-1)?.sk ?? start;
    more = read.more;
  }
  return items;
}

/** What core/store/store.ts promises, and no more. `open` may give the same store again: each test has a box of its own. */
export function describeStore(name: string, open: () => Promise<Store>): void {
  describe(`the store ${name}`, () => {
    let store: Store;
    let box: BoxId;

    beforeEach(async () => {
      store = await open();
      box = aBox();
    });

    const fill = async (...keys: string[]) => {
      for (let i = 0; i < keys.length; i += 90) {
        const some = keys.slice(i, i + 90).map((sk) => put(anItem(sk)));
        expect(await store.write(box, some)).toBe('written');
      }
    };

    describe('snapshot', () => {
      test('gives what is under the keys, and nothing for a free key', async () => {
        await fill('A#1', 'A#2');
        const found = await store.snapshot(box, ['A#2', 'A#3', 'A#1']);
        expect(found).toEqual(
          new Map([
            ['A#1', anItem('A#1')],
            ['A#2', anItem('A#2')],
          ]),
        );
      });

      test('of a box that does not exist is empty', async () => {
        expect(await store.snapshot(box, ['A#1', 'A#2'])).toEqual(new Map());
      });

      test('shows every write whole, while others write', async () => {
        const keys = ['A#1', 'A#2', 'A#3'];
        await fill(...keys);
        const writing = (async () => {
          for (let version = 1; version <= 15; version++) {
            await store.write(
              box,
              keys.map((sk) => ({ put: anItem(sk, version + 1), when: { version } })),
            );
          }
        })();
        for (let i = 0; i < 15; i++) {
          const seen = await store.snapshot(box, keys);
          if (seen) expect(new Set([...seen.values()].map(({ version }) => version)).size).toBe(1);
        }
        await writing;
        expect((await store.snapshot(box, keys))?.get('A#3')?.version).toBe(16);
      });

      test('takes 100 keys', async () => {
        const keys = Array.from({ length: 100 }, (_, i) => `A#${i}`);
        await fill(...keys);
        expect((await store.snapshot(box, keys))?.size).toBe(100);
      });
    });

    describe('get', () => {
      test('gives items for any number of keys, each once, without those that are free', async () => {
        const keys = Array.from({ length: 230 }, (_, i) => `A#${String(i).padStart(3, '0')}`);
        await fill(...keys);
        const found = await store.get(box, [...keys, ...keys.slice(0, 20), 'A#999']);
        expect([...found.keys()].sort()).toEqual(keys);
        expect(found.get('A#229')).toEqual(anItem('A#229'));
      });

      test('of no keys is empty', async () => {
        expect(await store.get(box, [])).toEqual(new Map());
      });
    });

    describe('write', () => {
      test('puts where the key is free, and is refused where it is not', async () => {
        expect(await store.write(box, [put(anItem('A#1', 1, 'first'))])).toBe('written');
        expect(await store.write(box, [put(anItem('A#1', 1, 'second'))])).toBe('refused');
        expect((await store.get(box, ['A#1'])).get('A#1')).toEqual(anItem('A#1', 1, 'first'));
      });

      test('replaces the version that was read alone', async () => {
        await fill('A#1');
        expect(await store.write(box, [{ put: anItem('A#1', 3), when: { version: 2 } }])).toBe('refused');
        expect(await store.write(box, [{ put: anItem('A#1', 2), when: { version: 1 } }])).toBe('written');
        expect(await store.write(box, [{ put: anItem('A#1', 2), when: { version: 1 } }])).toBe('refused');
        expect((await store.get(box, ['A#1'])).get('A#1')?.version).toBe(2);
      });

      test('is refused for a version of what is no longer there', async () => {
        expect(await store.write(box, [{ put: anItem('A#1', 2), when: { version: 1 } }])).toBe('refused');
        expect(await store.write(box, [{ remove: 'A#1', when: { version: 1 } }])).toBe('refused');
        expect(await store.get(box, ['A#1'])).toEqual(new Map());
      });

      test('removes the version that was read alone', async () => {
        await fill('A#1');
        expect(await store.write(box, [{ remove: 'A#1', when: { version: 2 } }])).toBe('refused');
        expect((await store.get(box, ['A#1'])).size).toBe(1);
        expect(await store.write(box, [{ remove: 'A#1', when: { version: 1 } }])).toBe('written');
        expect(await store.get(box, ['A#1'])).toEqual(new Map());
      });

      test('removes nothing where nothing may be, and holds the others to it', async () => {
        const both = [put(anItem('A#9')), { remove: 'A#1', when: 'absent' as const }];
        await fill('A#1');
        expect(await store.write(box, both)).toBe('refused');
        expect([...(await store.get(box, ['A#1', 'A#9'])).keys()]).toEqual(['A#1']);
        await store.write(box, [{ remove: 'A#1', when: { version: 1 } }]);
        expect(await store.write(box, both)).toBe('written');
        expect([...(await store.get(box, ['A#1', 'A#9'])).keys()]).toEqual(['A#9']);
      });

      test.each(['first', 'last'])('that is refused for its %s item leaves nothing behind', async (which) => {
        await fill('A#1', 'A#2');
        const good = [
          put(anItem('A#9')),
          { put: anItem('A#1', 2), when: { version: 1 } },
          { remove: 'A#2', when: { version: 1 } },
        ];
        const bad = { put: anItem('A#3', 5), when: { version: 4 } };
        expect(await store.write(box, which === 'first' ? [bad, ...good] : [...good, bad])).toBe('refused');
        const left = await store.get(box, ['A#1', 'A#2', 'A#3', 'A#9']);
        expect(left).toEqual(
          new Map([
            ['A#1', anItem('A#1')],
            ['A#2', anItem('A#2')],
          ]),
        );
      });

      test('of two for the same free key does one', async () => {
        const outcomes = await Promise.all(
          ['a', 'b'].map((text) => store.write(box, [put(anItem('A#1', 1, text))])),
        );
        expect([...outcomes].sort()).toEqual(['refused', 'written']);
      });

      test('takes 95 items', async () => {
        const items = Array.from({ length: 95 }, (_, i) => put(anItem(`A#${i}`)));
        expect(await store.write(box, items)).toBe('written');
        expect((await readAll(store, box, 'A#', 'A$', 200)).length).toBe(95);
      });

      test('stays in its box', async () => {
        await fill('A#1');
        const other = aBox();
        expect(await store.get(other, ['A#1'])).toEqual(new Map());
        expect(await store.write(other, [put(anItem('A#1', 7))])).toBe('written');
        expect((await store.get(box, ['A#1'])).get('A#1')?.version).toBe(1);
        expect((await store.query(other, { from: 'A', to: 'B', limit: 10 })).items).toEqual([
          anItem('A#1', 7),
        ]);
      });
    });

    describe('a write beside a condition on something else', () => {
      const check = (version: number) => ({ check: 'A#1', when: { version } });

      test('is done where that is as it was read, and leaves it as it is', async () => {
        await fill('A#1');
        expect(await store.write(box, [check(1), put(anItem('A#2'))])).toBe('written');
        expect((await store.get(box, ['A#1', 'A#2'])).size).toBe(2);
        expect((await store.get(box, ['A#1'])).get('A#1')).toEqual(anItem('A#1'));
      });

      test.each([
        ['is another version by now', ['A#1'], 2],
        ['is not there', [], 1],
      ])('is refused where that %s', async (_, there, version) => {
        await fill(...there);
        expect(await store.write(box, [check(version), put(anItem('A#2'))])).toBe('refused');
        expect((await store.get(box, ['A#2'])).size).toBe(0);
      });
    });

    describe('the head of an epoch', () => {
      const head = (epoch: string, version = 1): StoredItem => ({
        kind: 'head',
        sk: HEAD_KEY,
        version,
        modSeq: 1,
        nonce: 'n',
        atMs: 5,
        epoch,
        counts: {
          folder: 0,
          conversationHistory: 0,
          sessionHistory: 0,
          message: 0,
          messageState: 0,
          bytes: 0,
        },
      });
      const mark: StoredItem = {
        kind: 'erasing',
        sk: HEAD_KEY,
        version: 9,
        epoch: 'e1',
        atMs: 6,
        elements: 0,
      };
      const inEpoch = (epoch: string) => ({ check: HEAD_KEY, when: { epoch } });

      test('lets a write through whatever its version is by now', async () => {
        await store.write(box, [put(head('e1'))]);
        await store.write(box, [{ put: head('e1', 2), when: { version: 1 } }]);
        expect(await store.write(box, [inEpoch('e1'), put(anItem('A#1'))])).toBe('written');
        expect((await store.get(box, [HEAD_KEY])).get(HEAD_KEY)).toEqual(head('e1', 2));
        expect(await store.write(box, [{ put: mark, when: { epoch: 'e1' } }])).toBe('written');
        expect((await store.get(box, [HEAD_KEY])).get(HEAD_KEY)).toEqual(mark);
      });

      test.each<[string, StoredItem[]]>([
        ['of another epoch', [head('e2')]],
        ['that is not there', []],
        ['in whose place stands a mark', [mark]],
      ])('refuses a write with one %s', async (_, there) => {
        for (const item of there) await store.write(box, [put(item)]);
        expect(await store.write(box, [inEpoch('e1'), put(anItem('A#1'))])).toBe('refused');
        expect(await store.write(box, [{ put: mark, when: { epoch: 'e1' } }])).toBe('refused');
      });

      test('stays out of the list of keys, which gives all others, a piece at a time', async () => {
        const all = ['C#000000000001', 'E#1', 'R#1', 'R#2'];
        expect(await store.keys(box, 3)).toEqual([]);
        await store.write(box, [put(mark)]);
        await fill(...all);
        const found: string[] = [];
        for (;;) {
          const keys = await store.keys(box, 3);
          if (keys.length === 0) break;
          expect(keys.length).toBeLessThanOrEqual(3);
          found.push(...keys);
          const removals = keys.map((remove) => ({ remove, when: 'any' as const }));
          expect(await store.write(box, [{ check: HEAD_KEY, when: { version: 9 } }, ...removals])).toBe(
            'written',
          );
        }
        expect(found.sort()).toEqual(all);
        expect((await store.query(box, { from: 'A', to: 'Z', limit: 9 })).items).toEqual([mark]);
      });

      test('what is removed whatever it is need not be there', async () => {
        expect(await store.write(box, [{ remove: 'A#1', when: 'any' }])).toBe('written');
      });
    });

    describe('query', () => {
      beforeEach(() => fill('A#1', 'A#2', 'A#3', 'B#1', 'B#2'));

      const query = async (from: string, to: string, limit = 10, descending = false) => {
        const { items, more } = await store.query(box, { from, to, limit, descending });
        return { keys: keysOf(items), more };
      };

      test('gives a range in order, both ends included', async () => {
        expect(await query('A#2', 'B#1')).toEqual({ keys: ['A#2', 'A#3', 'B#1'], more: false });
      });

      test('takes ends that no item has', async () => {
        expect(await query('A#', 'A$')).toEqual({ keys: ['A#1', 'A#2', 'A#3'], more: false });
        expect(await query('A#20', 'A#21')).toEqual({ keys: [], more: false });
      });

      test('gives the first items of a range, and says that there are more', async () => {
        expect(await query('A#1', 'B#2', 2)).toEqual({ keys: ['A#1', 'A#2'], more: true });
        expect(await query('A#2', 'B#2', 2)).toEqual({ keys: ['A#2', 'A#3'], more: true });
      });

      test('goes backwards where it is told to', async () => {
        expect(await query('A#2', 'B#1', 10, true)).toEqual({ keys: ['B#1', 'A#3', 'A#2'], more: false });
        expect(await query('A#1', 'B#1', 2, true)).toEqual({ keys: ['B#1', 'A#3'], more: true });
      });

      test.each([1, 2, 5, 6])('continued from its last key gives all, with a limit of %i', async (limit) => {
        // The key to go on from is read once more, so one item a read would not get on.
        expect(keysOf(await readAll(store, box, 'A#', 'B$', limit + 1))).toEqual([
          'A#1',
          'A#2',
          'A#3',
          'B#1',
          'B#2',
        ]);
      });
    });

    test('keys sort by their UTF-8 bytes, where UTF-16 would order them otherwise', async () => {
      const ascending = ['A#"1', 'A#"2', 'A#$', 'A#Z', 'A#a', 'A#~', 'A#é', 'A#ż', 'A#～', 'A#｡', 'A#😀'];
      await fill(...[...ascending].reverse());
      const { items } = await store.query(box, { from: 'A#', to: 'B', limit: 100 });
      expect(keysOf(items)).toEqual(ascending);
      const back = await store.query(box, { from: 'A#～', to: 'A#😀', limit: 100, descending: true });
      expect(keysOf(back.items)).toEqual(['A#😀', 'A#｡', 'A#～']);
    });

    test.each([
      ['nothing', ''],
      ['a little', 'é ～ 😀 "quoted" \\ \n'],
      ['what is just not deflated', 'x'.repeat(400)],
      ['300 KB that repeat', 'All work and no play. '.repeat(14_000)],
      ['150 KB that do not repeat', randomBytes(75_000).toString('hex')],
    ])('an item that holds %s comes back as it was', async (_, text) => {
      const item = anItem('A#1', 3, text);
      expect(await store.write(box, [put(item)])).toBe('written');
      const expected = new Map([['A#1', item]]);
      expect(await store.get(box, ['A#1'])).toEqual(expected);
      expect(await store.snapshot(box, ['A#1'])).toEqual(expected);
      expect((await store.query(box, { from: 'A', to: 'B', limit: 5 })).items).toEqual([item]);
    });

    test('many large items are read in as many reads as it takes', async () => {
      const keys = Array.from({ length: 12 }, (_, i) => `A#${String(i).padStart(2, '0')}`);
      const text = randomBytes(100_000).toString('hex'); // about 100 KB deflated, and ten of them 1 MB
      for (const sk of keys) await store.write(box, [put(anItem(sk, 1, text))]);
      expect(keysOf(await readAll(store, box, 'A#', 'A$', 50))).toEqual(keys);
      expect((await store.get(box, keys)).size).toBe(12);
    });

    test('the time at which an item expires comes back, in whole seconds at least', async () => {
      const expiresAtMs = Date.now() + 1_000_000;
      await store.write(box, [put({ ...anItem('A#1'), expiresAtMs })]);
      const found = (await store.get(box, ['A#1'])).get('A#1')?.expiresAtMs ?? 0;
      expect(found).toBeGreaterThanOrEqual(expiresAtMs);
      expect(found).toBeLessThan(expiresAtMs + 1000);
    });

    test('an item has the time that it was last put with, or none', async () => {
      const expiresAtMs = Math.ceil(Date.now() / 1000) * 1000 + 1_000_000;
      await store.write(box, [put(anItem('A#1')), put({ ...anItem('A#2'), expiresAtMs })]);
      await store.write(box, [
        { put: { ...anItem('A#1', 2), expiresAtMs }, when: { version: 1 } },
        { put: anItem('A#2', 2), when: { version: 1 } },
      ]);
      const times = [...((await store.snapshot(box, ['A#1', 'A#2'])) ?? [])];
      expect(times.map(([sk, item]) => [sk, item.expiresAtMs]).sort()).toEqual([
        ['A#1', expiresAtMs],
        ['A#2', undefined],
      ]);
    });

    test('a key of 1,024 bytes is as good as any', async () => {
      const sk = `A#${'é'.repeat(511)}`;
      await fill(sk);
      expect([...(await store.get(box, [sk])).keys()]).toEqual([sk]);
    });
  });
}
