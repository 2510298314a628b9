import type { KeyRange, LocalStore } from '../../client/stores/local-store.js';

const ALL = { from: '', to: '\u007f', limit: 1000 };

/**
 * The contract of every local store. `reopen` opens the same store again, as after a restart, if it outlives
 * its object.
 */
export function describeLocalStore<S extends OpenStore>(
  name: string,
  open: () => Promise<S>,
  reopen?: (opened: S) => Promise<S>,
): void {
  describe(`local store ${name}`, () => {
    let opened: S;
    let store: LocalStore;
    beforeEach(async () => {
      opened = await open();
      store = opened.store;
    });
    afterEach(() => opened.remove());

    const put = (entries: Record<string, unknown>, on = store) =>
      on.transaction('write', async (tx) => {
        for (const [key, value] of Object.entries(entries)) await tx.put(key, value);
      });
    const get = (key: string, on = store) => on.transaction('read', (tx) => tx.get(key));
    const keysIn = async (range: Partial<KeyRange>, on = store) =>
      (await on.transaction('read', (tx) => tx.scan({ ...ALL, ...range }))).map(([key]) => key);

    test('returns the last value put under a key, and undefined for other keys', async () => {
      await put({ a: { text: 'aé€😀\u0000', list: [1, null, true], nested: { x: 0.5 } } });
      await put({ a: 1, b: null });
      await put({ c: { text: 'aé€😀\u0000', list: [1, null, true], nested: { x: 0.5 } } });
      expect(await get('a')).toBe(1);
      expect(await get('c')).toEqual({ text: 'aé€😀\u0000', list: [1, null, true], nested: { x: 0.5 } });
      expect(await get('d')).toBeUndefined();
    });

    test('scans in the order of characters, from the first key to just before the last', async () => {
      await put({ 'a\nb': 1, a: 2, 'a b': 3, 'a~7e': 4, aB: 5, ab: 6, b: 7, 'a\n': 8 });
      expect(await keysIn({})).toEqual(['a', 'a\n', 'a\nb', 'a b', 'aB', 'ab', 'a~7e', 'b']);
      expect(await keysIn({ from: 'a b', to: 'ab' })).toEqual(['a b', 'aB']);
      expect(await keysIn({ from: 'a\n\u0001', to: 'a\n\u007f' })).toEqual(['a\nb']);
      expect(await keysIn({ from: 'b', to: 'a' })).toEqual([]);
      expect(await keysIn({ from: 'b', to: 'b' })).toEqual([]);
    });

    test('scans backwards from the end, up to the limit', async () => {
      await put({ a: 1, b: 2, c: 3, d: 4 });
      expect(await keysIn({ limit: 2 })).toEqual(['a', 'b']);
      expect(await keysIn({ limit: 2, descending: true })).toEqual(['d', 'c']);
      expect(await keysIn({ to: 'c', limit: 2, descending: true })).toEqual(['b', 'a']);
      expect(await keysIn({ from: 'b', to: 'd', descending: true })).toEqual(['c', 'b']);
    });

    test('returns the values with the keys when it scans', async () => {
      await put({ a: { x: 1 }, b: { x: 2 } });
      expect(await store.transaction('read', (tx) => tx.scan(ALL))).toEqual([
        ['a', { x: 1 }],
        ['b', { x: 2 }],
      ]);
    });

    test('reads and scans its own writes within a transaction', async () => {
      await put({ a: 1, b: 2 });
      const seen = await store.transaction('write', async (tx) => {
        await tx.put('c', 3);
        await tx.put('a', 4);
        await tx.delete('b');
        return [await tx.get('a'), await tx.get('b'), await tx.scan(ALL)];
      });
      expect(seen).toEqual([
        4,
        undefined,
        [
          ['a', 4],
          ['c', 3],
        ],
      ]);
    });

    test('keeps nothing of a transaction that throws, and rejects with its error', async () => {
      await put({ a: 1, b: 2 });
      const failing = store.transaction('write', async (tx) => {
        await tx.put('a', 9);
        await tx.put('c', 9);
        await tx.delete('b');
        throw new Error('no');
      });
      await expect(failing).rejects.toThrow('no');
      expect(await store.transaction('read', (tx) => tx.scan(ALL))).toEqual([
        ['a', 1],
        ['b', 2],
      ]);
      await put({ c: 3 });
      expect(await get('c')).toBe(3);
    });

    test('keeps all rows when a transaction clears them and then throws', async () => {
      await put({ a: 1 });
      const failing = store.transaction('write', async (tx) => {
        await tx.clear();
        await tx.put('b', 1);
        throw new Error('no');
      });
      await expect(failing).rejects.toThrow('no');
      expect(await keysIn({})).toEqual(['a']);
      await store.transaction('write', (tx) => tx.clear());
      expect(await keysIn({})).toEqual([]);
    });

    test('loses no write when transactions run at the same time', async () => {
      const add = () =>
        store.transaction('write', async (tx) => {
          const before = ((await tx.get('sum')) as number | undefined) ?? 0;
          await tx.scan(ALL);
          await tx.put('sum', before + 1);
        });
      await Promise.all(Array.from({ length: 30 }, add));
      expect(await get('sum')).toBe(30);
    });

    test('shows a reader all of a transaction or nothing', async () => {
      await put({ a: 0, b: 0 });
      const write = (value: number) =>
        store.transaction('write', async (tx) => {
          await tx.put('a', value);
          await tx.scan(ALL);
          await tx.put('b', value);
        });
      const read = () => store.transaction('read', async (tx) => [await tx.get('a'), await tx.get('b')]);
      const [, ...pairs] = await Promise.all([write(1), read(), write(2), read(), write(3), read()]);
      for (const pair of pairs) if (pair) expect(pair[0]).toBe(pair[1]);
    });

    test('holds ten thousand rows and scans any part of them', async () => {
      const keys = Array.from(
        { length: 10_000 },
        (_, i) => `M\n${String((i * 7919) % 10_000).padStart(5, '0')}`,
      );
      await store.transaction('write', async (tx) => {
        for (const key of keys) await tx.put(key, { key });
      });
      expect(await keysIn({ from: 'M\n04999', limit: 3 })).toEqual(['M\n04999', 'M\n05000', 'M\n05001']);
      expect(await keysIn({ to: 'M\n05000', limit: 2, descending: true })).toEqual(['M\n04999', 'M\n04998']);
    }, 30_000);

    if (!reopen) return;
    test('holds the same rows after it was closed and opened again', async () => {
      await put({ a: { x: 1 } });
      await store.close();
      opened = await reopen(opened);
      expect(await get('a', opened.store)).toEqual({ x: 1 });
    });
  });
}

export interface OpenStore {
  store: LocalStore;
  remove: () => Promise<void>;
}
