import { entryKey } from '../../core/model/keys.js';
import type { LogEntry } from '../../core/model/log-entry.js';
import type { StoredItem } from '../../core/model/stored-item.js';
import {
  ADVERSE,
  CALM,
  LATE_MAX_MS,
  type Mishaps,
  NoAnswer,
  STALE_MAX_MS,
} from '../support/adversarial-store.js';
import { BOX } from '../support/builders.js';
import { extent } from '../support/extent.js';
import { Scene } from '../support/scene.js';
import { anEntry, anItem } from '../support/store-items.js';

jest.setTimeout(60_000);

const SEEDS = Array.from({ length: extent(5, 20) }, (_, i) => i + 1);
/** For what shows only now and then. */
const MANY_SEEDS = Array.from({ length: 20 }, (_, i) => i + 1);

/** A write without an answer was done, was not done, or is done later. */
function unanswered(error: unknown): undefined {
  if (!(error instanceof NoAnswer)) throw error;
  return undefined;
}

const KEY = 'E#c#M#a';
const OTHER_KEY = 'E#c#M#b';
const RANGE = { from: 'E#', to: 'E$', limit: 10 };

describe.each(SEEDS)('each item is linearizable, whatever goes wrong (seed %i)', (seed) => {
  test('a read shows what was answered before it began, and no read goes back behind an earlier one', async () => {
    const scene = new Scene(seed, ADVERSE);
    const { store } = scene;
    let known = 0; // version that every read from now on has to show, or a later one
    const writing = scene.times(40, async (i) => {
      const version = i + 1;
      const outcome = await store
        .project(BOX, [{ sk: KEY, version, content: anItem(KEY, version) }])
        .catch(unanswered);
      if (outcome) known = Math.max(known, version);
    });
    const read = async (items: () => Promise<readonly StoredItem[]>) => {
      const atLeast = known;
      const found = await items().catch(unanswered);
      if (!found) return;
      const version = found[0]?.version ?? 0;
      expect(version).toBeGreaterThanOrEqual(atLeast);
      known = Math.max(known, version);
    };
    const query = async () => (await store.query(BOX, { ...RANGE, from: KEY, to: KEY })).items;
    const get = async () => [...(await store.get(BOX, [KEY])).values()];
    await scene.together(
      writing,
      scene.times(60, () => read(get)),
      scene.times(60, () => read(query)),
    );
    expect(known).toBeGreaterThan(20);
  });

  test('of several that append under one index one succeeds, and all are told the same', async () => {
    const scene = new Scene(seed, ADVERSE);
    const found = new Map<number, Set<string>>();
    const note = ({ index, nonce }: LogEntry) => {
      found.set(index, (found.get(index) ?? new Set()).add(nonce));
    };
    const append = (who: string) =>
      scene.times(20, async (i) => {
        const entry = await scene.store.append(BOX, anEntry(i + 1, `${who} ${i}`)).catch(unanswered);
        if (entry) note(entry);
      });
    const read = () =>
      scene.times(40, async () => {
        const keys = Array.from({ length: 20 }, (_, i) => entryKey(i + 1));
        const items = await scene.store.get(BOX, keys).catch(unanswered);
        for (const item of items?.values() ?? []) if (item.kind === 'entry') note(item);
      });
    await scene.together(append('one'), append('two'), append('three'), read());
    for (const item of await scene.afterwards(async () => scene.store.all(BOX)))
      if (item.kind === 'entry') note(item);
    expect([...found.values()].map((nonces) => nonces.size)).toEqual(Array(20).fill(1));
  });

  test('of several that replace what they read no one undoes another', async () => {
    const scene = new Scene(seed, ADVERSE);
    const { store } = scene;
    store.box(BOX).put(anItem(KEY, 0));
    let [answered, open] = [0, 0];
    const count = () =>
      scene.times(25, async () => {
        const read = (await store.get(BOX, [KEY]).catch(unanswered))?.get(KEY);
        if (!read) return;
        const replaced = await store
          .replace(BOX, [{ read, next: anItem(KEY, read.version + 1) }])
          .catch(unanswered);
        if (!replaced) open++;
        else answered += replaced.length;
      });
    await scene.together(count(), count(), count());
    const total = await scene.afterwards(async () => (await store.get(BOX, [KEY])).get(KEY)?.version ?? 0);
    expect(answered).toBeGreaterThan(10);
    expect(total).toBeGreaterThanOrEqual(answered);
    expect(total).toBeLessThanOrEqual(answered + open);
  });
});

describe('several items are no snapshot', () => {
  /** How often a reading shows something later of what is written last than of what is written first, by how it reads. */
  async function mixedReadings(mishaps: Partial<Mishaps>) {
    const mixed = { get: 0, query: 0 };
    for (const seed of MANY_SEEDS) {
      const scene = new Scene(seed, mishaps);
      const { store } = scene;
      const versionsOf = (items: Iterable<StoredItem>) => {
        const found = new Map([...items].map(({ sk, version }) => [sk, version]));
        return [found.get(KEY) ?? 0, found.get(OTHER_KEY) ?? 0] as const;
      };
      // Both are written in turn: at each moment they are as old, or the first is one ahead.
      const isOfOneMoment = ([first, second]: readonly [number, number]) =>
        first === second || first === second + 1;
      const writing = scene.times(20, async (i) => {
        for (const sk of [KEY, OTHER_KEY]) await store.put(BOX, anItem(sk, i + 1), 'always');
      });
      const reading = scene.times(60, async () => {
        if (!isOfOneMoment(versionsOf((await store.get(BOX, [KEY, OTHER_KEY])).values()))) mixed.get++;
        if (!isOfOneMoment(versionsOf((await store.query(BOX, RANGE)).items))) mixed.query++;
      });
      await scene.together(writing, reading);
    }
    return mixed;
  }

  test('a query and a batch of gets show a state that never was', async () => {
    const { get, query } = await mixedReadings({ splitRead: 0.5 });
    expect(get).toBeGreaterThan(0);
    expect(query).toBeGreaterThan(0);
  });

  test('it is the reading at two moments that shows it', async () => {
    expect(await mixedReadings({})).toEqual({ get: 0, query: 0 });
  });

  test('a write of several items is seen in part, in any order', async () => {
    const seen = new Set<string>();
    for (const seed of MANY_SEEDS) {
      const scene = new Scene(seed, {});
      const writes = [KEY, OTHER_KEY].map((sk) => ({ sk, version: 1, content: anItem(sk) }));
      const read = async () => {
        const { items } = await scene.store.query(BOX, RANGE);
        seen.add(items.map(({ sk }) => sk.slice(-1)).join(''));
      };
      await scene.together(scene.store.project(BOX, writes), ...Array.from({ length: 8 }, read));
    }
    expect([...seen].sort()).toEqual(['', 'a', 'ab', 'b']);
  });
});

describe('a write that had no answer', () => {
  test('fails its own condition when it is sent again after it was done', async () => {
    const { store, together, time } = sceneOf({ loseAfter: 1 });
    const next = anItem(KEY, 2);
    const sends = async (write: () => Promise<unknown>) => {
      store.mishaps = { ...CALM, loseAfter: 1 };
      await expect(write()).rejects.toThrow(NoAnswer);
      store.mishaps = CALM;
      return write();
    };
    await together(
      (async () => {
        const read = anItem(KEY);
        expect(await sends(() => store.put(BOX, read, 'absent'))).toBe(false);
        expect(await sends(() => store.replace(BOX, [{ read, next }]))).toEqual([]);
        expect(await sends(() => store.append(BOX, anEntry(1, 'mine')))).toMatchObject({ nonce: 'mine' });
        expect(await store.append(BOX, anEntry(1, 'another'))).toMatchObject({ nonce: 'mine' });
        expect((await store.get(BOX, [KEY])).get(KEY)).toEqual(next);
        await time.sleep(1);
      })(),
    );
  });

  test.each(['landLate', 'doubled'] as const)(
    '%s: arrives later than its answer, within seconds, behind what was written since',
    async (which) => {
      const after: number[] = [];
      for (const seed of SEEDS) {
        const scene = new Scene(seed, { [which]: 1 });
        const { store, time } = scene;
        const startMs = time.now();
        const run = async () => {
          await store.put(BOX, anItem(KEY, 1), 'always').catch(unanswered);
          store.mishaps = CALM;
          await store.put(BOX, anItem(KEY, 2), 'always');
          for (let version: number | undefined = 2; version === 2; ) {
            await time.sleep(50);
            version = (await store.get(BOX, [KEY])).get(KEY)?.version;
            if (time.now() > startMs + 2 * LATE_MAX_MS) throw new Error('it never arrived');
          }
          expect(store.isSettled).toBe(true);
        };
        await scene.together(run());
        after.push(time.now() - startMs);
      }
      expect(Math.max(...after)).toBeLessThan(LATE_MAX_MS + 200);
      expect(Math.max(...after)).toBeGreaterThan(LATE_MAX_MS / 2);
    },
  );

  test.each(['landLate', 'doubled'] as const)(
    '%s: changes nothing where its condition does not hold any more',
    async (which) => {
      for (const seed of SEEDS) {
        const scene = new Scene(seed, { [which]: 1 });
        const { store } = scene;
        const project = (version: number) =>
          store.project(BOX, [{ sk: KEY, version, content: anItem(KEY, version) }]);
        await scene.together(
          (async () => {
            await project(1).catch(unanswered);
            store.mishaps = CALM;
            await project(2);
          })(),
        );
        const item = await scene.afterwards(async () => (await store.get(BOX, [KEY])).get(KEY));
        expect([item?.version, store.isSettled]).toEqual([2, true]);
      }
    },
  );
});

function sceneOf(mishaps: Partial<Mishaps>) {
  const scene = new Scene(1, mishaps);
  return { store: scene.store, time: scene.time, together: scene.together.bind(scene) };
}

test('a stale read shows nothing that was overwritten longer ago than some seconds, and another read nothing old at all', async () => {
  let [stale, oldestMs] = [0, 0];
  for (const seed of SEEDS) {
    const scene = new Scene(seed, { stale: 0.5 });
    const { store, time } = scene;
    const overwrittenAtMs = [time.now()]; // by version: no later than that
    const writing = scene.times(12, async (i) => {
      await store.put(BOX, anItem(KEY, i + 1), 'always');
      overwrittenAtMs[i] = time.now();
      await time.sleep(scene.chance.between(0, 2 * STALE_MAX_MS));
    });
    const reading = scene.times(300, async () => {
      await time.sleep(150);
      const current = (await store.get(BOX, [KEY])).get(KEY)?.version ?? 0;
      const shown = (await store.getStale(BOX, [KEY])).get(KEY)?.version ?? 0;
      if (shown >= current) return;
      stale++;
      oldestMs = Math.max(oldestMs, time.now() - (overwrittenAtMs[shown] ?? Number.NEGATIVE_INFINITY));
    });
    await scene.together(writing, reading);
  }
  expect(stale).toBeGreaterThan(10);
  expect(oldestMs).toBeGreaterThan(STALE_MAX_MS / 2);
  expect(oldestMs).toBeLessThanOrEqual(STALE_MAX_MS);
});
