import type { ViewWrite } from '../../../../core/model/effects.js';
import { AdversarialStore, CALM, type Mishaps, NoAnswer } from '../../../support/adversarial-store.js';
import { BOX } from '../../../support/builders.js';
import { TestClock } from '../../../support/rig.js';
import { anEntry, anItem } from '../../../support/store-items.js';

// The store with mishaps really does what these are named after, each alone.

const KEYS = ['A#1', 'A#2', 'A#3', 'A#4', 'A#5', 'A#6', 'A#7', 'A#8'];
const SEEDS = Array.from({ length: 20 }, (_, i) => i + 1);
const RANGE = { from: 'A#', to: 'A$', limit: 10 };

/** A store on which this alone goes wrong, and the time it lives in. */
function suffering(mishaps: Partial<Mishaps>, seed = 1) {
  const clock = new TestClock();
  const store = new AdversarialStore(seed, { clock, mishaps: { ...CALM, ...mishaps } });
  /** Ends the mishaps, after all late writes have arrived. */
  const later = () => {
    store.mishaps = CALM;
    clock.nowMs += 10_000;
  };
  return { store, clock, later };
}

const content = (sk: string, version = 1): ViewWrite => ({ sk, version, content: anItem(sk, version) });

async function filled(mishaps: Partial<Mishaps>, seed = 1) {
  const all = suffering({}, seed);
  for (const sk of KEYS) await all.store.put(BOX, anItem(sk), 'always');
  all.store.mishaps = { ...CALM, ...mishaps };
  return all;
}

const writes: [string, (store: AdversarialStore) => Promise<unknown>][] = [
  ['append', (store) => store.append(BOX, anEntry(1))],
  ['put', (store) => store.put(BOX, anItem('A#9'), 'always')],
  ['project', (store) => store.project(BOX, [content('A#9')])],
];

describe.each(writes)('%s', (_, write) => {
  test.each([
    ['loseBefore', 'was not done', 0, 0],
    ['loseAfter', 'was done', 1, 1],
    ['landLate', 'is done later', 0, 1],
  ] as const)('%s: is not answered, and %s', async (which, _, atOnce, inTheEnd) => {
    const { store, later } = suffering({ [which]: 1 });
    await expect(write(store)).rejects.toThrow(NoAnswer);
    expect(store.all(BOX)).toHaveLength(atOnce);
    expect(store.isSettled).toBe(which !== 'landLate');
    later();
    await store.keys(BOX, 1);
    expect(store.all(BOX)).toHaveLength(inTheEnd);
    expect(store.isSettled).toBe(true);
  });

  test('doubled: is done once more later, which changes nothing where it is conditional', async () => {
    const { store, later } = suffering({ doubled: 1 });
    await write(store);
    const [before] = store.all(BOX);
    expect(store.isSettled).toBe(false);
    later();
    await store.keys(BOX, 1);
    expect(store.all(BOX)).toEqual([before]);
  });
});

test('landLate: an entry whose place is taken by then is not put', async () => {
  const { store, later } = suffering({ landLate: 1 });
  await expect(store.append(BOX, anEntry(1, 'late'))).rejects.toThrow(NoAnswer);
  store.mishaps = CALM;
  expect((await store.append(BOX, anEntry(1, 'first'))).nonce).toBe('first');
  later();
  await store.keys(BOX, 1);
  expect(store.all(BOX)).toMatchObject([{ nonce: 'first' }]);
});

test('a write of several items is several writes: some are done and others not', async () => {
  const counts = new Set<number>();
  for (const seed of SEEDS) {
    const { store } = suffering({ loseBefore: 0.3 }, seed);
    await store
      .project(
        BOX,
        KEYS.map((sk) => content(sk)),
      )
      .catch(() => undefined);
    counts.add(store.all(BOX).length);
  }
  expect(counts.size).toBeGreaterThan(3);
});

test('failRead: no reading is answered', async () => {
  const { store } = await filled({ failRead: 1 });
  for (const read of [
    () => store.get(BOX, KEYS),
    () => store.getStale(BOX, KEYS),
    () => store.query(BOX, RANGE),
    () => store.keys(BOX, 5),
  ])
    await expect(read()).rejects.toThrow(NoAnswer);
});

test('shortPage: a query gives fewer items than there are, and says up to where it has read', async () => {
  const { store } = await filled({ shortPage: 1 });
  const pages = [];
  for (let i = 0; i < 20; i++) pages.push(await store.query(BOX, RANGE));
  expect(Math.min(...pages.map(({ items }) => items.length))).toBeLessThan(KEYS.length);
  for (const { items, more, last } of pages) {
    expect(more || items.length === KEYS.length).toBe(true);
    expect(last).toBe(more ? items.at(-1)?.sk : undefined);
  }
});

test('splitRead: one reading gives items of two moments, between which another wrote them all', async () => {
  const mixed = new Set<string>();
  for (const seed of SEEDS) {
    const { store, clock } = await filled({ splitRead: 1 }, seed);
    // The writer acts during each sleep.
    clock.sleep = async (ms) => {
      clock.nowMs += ms;
      await new Promise((resolve) => setImmediate(resolve));
    };
    const box = store.box(BOX);
    const writing = (async () => {
      for (let version = 2; version < 20; version++) {
        for (const sk of KEYS) box.put(anItem(sk, version));
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    const [queried, got] = await Promise.all([store.query(BOX, RANGE), store.get(BOX, KEYS), writing]);
    const versions = (items: Iterable<{ version: number }>) =>
      new Set([...items].map(({ version }) => version)).size;
    if (versions(queried.items) > 1) mixed.add('query');
    if (versions(got.values()) > 1) mixed.add('get');
  }
  expect([...mixed].sort()).toEqual(['get', 'query']);
});

test('stale: a stale read shows an item as it was for some seconds, other reads do not', async () => {
  const { store, clock } = await filled({ stale: 1 });
  await store.project(BOX, [content('A#1', 2)]);
  expect((await store.getStale(BOX, ['A#1'])).get('A#1')?.version).toBe(1);
  expect((await store.get(BOX, ['A#1'])).get('A#1')?.version).toBe(2);
  clock.nowMs += 10_000;
  expect((await store.getStale(BOX, ['A#1'])).get('A#1')?.version).toBe(2);
});

describe('what the database does by itself, and whoever runs it', () => {
  test('expire: what has passed its time is removed where chance wants it; nothing else is', async () => {
    const { store, clock } = suffering({});
    const now = clock.now();
    await store.put(BOX, anItem('A#0'), 'always');
    for (const sk of KEYS) await store.put(BOX, { ...anItem(sk), expiresAtMs: now + 1000 }, 'always');
    await store.put(BOX, { ...anItem('B#1'), expiresAtMs: now + 1e6 }, 'always');
    clock.nowMs += 2000;
    expect(store.expire(BOX, () => false)).toEqual([]);
    expect(store.expire(BOX, () => true).map(({ sk }) => sk)).toEqual(KEYS);
    expect(store.all(BOX).map(({ sk }) => sk)).toEqual(['A#0', 'B#1']);
  });

  test('restore: a box is as it was when it was copied, and what was on its way is lost', async () => {
    const { store, later } = await filled({});
    const copy = store.copyOf(BOX);
    await store.project(BOX, [content('A#1', 2), content('A#9', 2)]);
    await store.remove(BOX, ['A#2'], 1);
    store.mishaps = { ...CALM, landLate: 1 };
    await expect(store.append(BOX, anEntry(1))).rejects.toThrow(NoAnswer);
    store.restore(BOX, copy);
    later();
    expect((await store.query(BOX, { from: 'A', to: 'Z', limit: 20 })).items).toEqual(
      KEYS.map((sk) => anItem(sk)),
    );
  });
});
