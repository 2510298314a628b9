import type { ViewWrite } from '../../core/model/effects.js';
import type { BoxId } from '../../core/model/items.js';
import type { StoredItem } from '../../core/model/stored-item.js';
import type { Store } from '../../core/ports/store.js';
import { anItem, aState, many, numbered } from '../support/store-items.js';

/** The values in a deliberately bad order, always the same. */
const shuffled = <T>(all: readonly T[]): T[] =>
  all
    .map((each, i) => ({ each, at: (i * 37) % 101 }))
    .sort((a, b) => a.at - b.at)
    .map(({ each }) => each);

/** The part of the contract of core/ports/store.ts that is about `project`: a write applies to the older parts of items only. */
export function describeProjection(opened: () => { readonly store: Store; readonly box: BoxId }): void {
  let store: Store;
  let box: BoxId;
  beforeEach(() => {
    ({ store, box } = opened());
  });
  const item = async (sk: string) => (await store.get(box, [sk])).get(sk);

  describe('project', () => {
    const content = (version: number, sk = 'A#1'): ViewWrite => ({
      sk,
      version,
      content: anItem(sk, version),
    });
    const state = (version: number, sk = 'A#1'): ViewWrite => ({
      sk,
      version,
      state: aState(version, 'x'),
    });
    const both = (version: number, sk = 'A#1'): ViewWrite => ({
      ...content(version, sk),
      ...state(version, sk),
    });
    const project = async (...writes: ViewWrite[]) => {
      expect(await store.project(box, writes)).toEqual({ outcome: 'done', dropped: [] });
    };

    test('does nothing when there is no write', async () => {
      await project();
      expect(await store.keys(box, 5)).toEqual({ keys: [], more: false });
    });

    test('writes a part when the stored one is older, and otherwise keeps it', async () => {
      await project(content(5));
      await project(content(4));
      expect(await item('A#1')).toEqual(anItem('A#1', 5));
      await project(content(6));
      await project(content(6));
      expect(await item('A#1')).toEqual(anItem('A#1', 6));
    });

    test('compares content and state of a message by their own versions', async () => {
      await project(state(7));
      expect(await item('A#1')).toEqual({
        kind: 'stateAlone',
        sk: 'A#1',
        version: -1,
        state: aState(7, 'x'),
        stateVersion: 7,
      });
      await project(content(5));
      const expected = { ...anItem('A#1', 5), state: aState(7, 'x'), stateVersion: 7 };
      expect(await item('A#1')).toEqual(expected);
      await project(state(6));
      expect(await item('A#1')).toEqual(expected);
      await project(content(8));
      expect(await item('A#1')).toEqual({ ...expected, ...anItem('A#1', 8) });
    });

    test.each([
      ['the state is newer already', [state(9)], { version: 5, stateVersion: 9 }],
      ['the content is newer already', [content(9)], { version: 9, stateVersion: 5 }],
      ['both are newer already', [both(9)], { version: 9, stateVersion: 9 }],
      ['both are there', [both(5)], { version: 5, stateVersion: 5 }],
      ['nothing is there', [], { version: 5, stateVersion: 5 }],
    ])('replaces the older of the two parts when %s', async (_, before, versions) => {
      await project(...before);
      await project({ ...both(5), creates: true });
      expect(await item('A#1')).toMatchObject(versions);
    });

    test('removes a state, and keeps the version of its removal', async () => {
      await project(both(5));
      await project({ sk: 'A#1', version: 6, state: null });
      expect(await item('A#1')).toEqual({ ...anItem('A#1', 5), stateVersion: 6 });
      await project(state(5));
      expect(await item('A#1')).toEqual({ ...anItem('A#1', 5), stateVersion: 6 });
    });

    test('keeps a tombstone when older parts arrive', async () => {
      const tombstone: StoredItem = { kind: 'tombstone', sk: 'A#1', version: 6, of: 'message' };
      await project({ sk: 'A#1', version: 6, content: tombstone, state: null });
      await project(both(5));
      expect(await item('A#1')).toEqual({ ...tombstone, stateVersion: 6 });
    });

    test.each([3, 4, 60])(
      'has the same result in any order, repeated, and with wrong hints: %i writes',
      async (count) => {
        // Each item gets content twice and state twice. Some items exist, and some have a wrong hint that
        // they do not exist.
        const keys = many(Math.ceil(count / 4), (i) => numbered('A#', i));
        const writes = keys.flatMap((sk, i): ViewWrite[] => [
          { ...content(10 + i, sk), ...(i % 2 === 0 && { creates: true }) },
          { ...content(20 + i, sk), ...(i % 3 === 0 && { creates: true }) },
          { ...state(15 + i, sk), ...(i % 5 === 0 && { creates: true }) },
          state(25 + i, sk),
        ]);
        await project(...keys.filter((_, i) => i % 3 === 0).map((sk) => both(1, sk)));
        // One write of an item in each call, since writers and stream reader call one after the other.
        for (const order of [writes, writes.toReversed(), shuffled(writes)]) {
          for (let part = 0; part < 4; part++) {
            const some = keys.map((sk) => order.filter((write) => write.sk === sk)[part] as ViewWrite);
            await project(...shuffled(some));
          }
        }
        const found = await store.get(box, keys);
        for (const [i, sk] of keys.entries()) {
          const expected = { ...anItem(sk, 20 + i), state: aState(25 + i, 'x'), stateVersion: 25 + i };
          expect(found.get(sk)).toEqual(expected);
        }
      },
    );

    test('accepts 60 concurrent writes, in mixed order, with hints that are wrong both ways', async () => {
      const keys = many(60, (i) => numbered('A#', i));
      await project(...keys.slice(0, 30).map((sk, i) => (i % 2 ? content(1, sk) : both(9, sk))));
      const writes = keys.map(
        (sk, i): ViewWrite => ({ ...both(5, sk), ...(i % 4 < 2 && { creates: true }) }),
      );
      await project(...shuffled(writes));
      await project(...shuffled(writes).toReversed());
      const found = await store.get(box, keys);
      const versions = keys.map((sk) => found.get(sk)?.version);
      expect(versions).toEqual(keys.map((_, i) => (i < 30 && i % 2 === 0 ? 9 : 5)));
      expect(found.get('A#001')).toEqual({ ...anItem('A#001', 5), state: aState(5, 'x'), stateVersion: 5 });
    });

    test('writes content and state of one item from different entries in one call', async () => {
      const keys = many(5, (i) => numbered('A#', i));
      await project(...keys.flatMap((sk) => [content(5, sk), state(6, sk)]));
      for (const sk of keys) expect(await item(sk)).toMatchObject({ version: 5, stateVersion: 6 });
      await project(...keys.flatMap((sk) => [state(8, sk), content(7, sk)]));
      for (const sk of keys) expect(await item(sk)).toMatchObject({ version: 7, stateVersion: 8 });
    });

    test('keeps the newest of each part when two calls write one item at the same time', async () => {
      await Promise.all(
        [5, 6, 7].flatMap((version) => [
          store.project(box, [content(version)]),
          store.project(box, [state(version)]),
        ]),
      );
      expect(await item('A#1')).toMatchObject({ version: 7, stateVersion: 7 });
    });

    test('sets the time at which an item expires, and removes it', async () => {
      const expiresAtMs = 4_000_000_000_000;
      for (const count of [1, 5]) {
        const keys = many(count, (i) => `A#${count} ${i}`);
        await project(...keys.map((sk) => ({ ...content(5, sk), expiresAtMs, creates: true as const })));
        for (const sk of keys) expect(await item(sk)).toEqual({ ...anItem(sk, 5), expiresAtMs });
        await project(...keys.map((sk) => ({ ...state(6, sk), expiresAtMs: expiresAtMs + 1000 })));
        for (const sk of keys) expect(await item(sk)).toMatchObject({ expiresAtMs: expiresAtMs + 1000 });
        await project(...keys.map((sk) => content(7, sk)));
        for (const sk of keys) expect(await item(sk)).not.toHaveProperty('expiresAtMs');
      }
    });

    test('writes items of both tables in one call', async () => {
      const keys = ['A#1', 'A#2', 'I#phone', 'I#tablet', 'S#phone#1#x'];
      await project(...keys.map((sk) => content(5, sk)));
      expect((await store.get(box, keys)).size).toBe(5);
    });
  });
}
