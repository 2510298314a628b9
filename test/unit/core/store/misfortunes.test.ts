import type { BoxId } from '../../../../core/model/items.js';
import { anItem } from '../../../contract/store-contract.js';
import { BOX } from '../../../support/builders.js';
import { Chance } from '../../../support/model/chance.js';
import { VirtualTime } from '../../../support/model/time.js';
import { CALM, LINGER_MAX_MS, NoAnswer, type Tears, TornMemoryStore } from '../../../support/torn-store.js';

// The store that is torn on purpose really does what its probabilities are named after, each alone.

const KEYS = ['A#1', 'A#2', 'A#3', 'A#4'];
const put = (sk: string, version = 1) => ({
  put: anItem(sk, version),
  when: version === 1 ? ('absent' as const) : { version: version - 1 },
});

/** A store on which this alone goes wrong, and the time it lives in. */
function torn(tears: Partial<Tears>, seed = 1) {
  const time = new VirtualTime(new Chance(seed));
  const store = new TornMemoryStore(seed, { clock: time, tears: { ...CALM, ...tears } });
  const until = async <T>(work: Promise<T>): Promise<T> => {
    let isDone = false;
    const end = () => {
      isDone = true;
    };
    work.then(end, end);
    while (!isDone && (await time.turn())) {
      // One sleeper after the other.
    }
    return work;
  };
  return { time, store, until };
}

/** What readers see of a write of all keys that is under way, each time how many items, and how long after its beginning. */
async function seenOf(tears: Partial<Tears>, seed: number) {
  const { time, store, until } = torn(tears, seed);
  const seen: { keys: string[]; atMs: number }[] = [];
  let isWriting = true;
  const beganMs = time.now();
  const write = async () => {
    expect(
      await store.write(
        BOX,
        KEYS.map((sk) => put(sk)),
      ),
    ).toBe('written');
    isWriting = false;
  };
  const read = async () => {
    while (isWriting) {
      const { items } = await store.query(BOX, { from: 'A', to: 'B', limit: 10 });
      seen.push({ keys: items.map(({ sk }) => sk), atMs: time.now() - beganMs });
    }
  };
  await until(Promise.all([write(), read()]));
  expect((await until(store.get(BOX, KEYS))).size).toBe(KEYS.length);
  return seen;
}

const SEEDS = Array.from({ length: 20 }, (_, i) => i + 1);

test('tear: the items of a write that is under way are seen one by one, in any order', async () => {
  const firsts = new Set<string>();
  for (const seed of SEEDS) {
    const parts = (await seenOf({ tear: 1 }, seed)).map(({ keys }) => keys);
    const partial = parts.find(({ length }) => length > 0 && length < KEYS.length);
    if (partial) firsts.add(partial.join());
    for (const [i, keys] of parts.slice(1).entries())
      expect(keys).toEqual(expect.arrayContaining(parts[i] ?? []));
  }
  expect(firsts.size).toBeGreaterThan(4);
});

test('without it a write is seen whole or not at all', async () => {
  for (const seed of SEEDS) {
    const counts = (await seenOf({}, seed)).map(({ keys }) => keys.length);
    expect([...new Set([0, KEYS.length, ...counts])].sort()).toEqual([0, KEYS.length]);
  }
});

test('linger: that goes on for seconds', async () => {
  const longest = async (tears: Partial<Tears>) => {
    const all = await Promise.all(SEEDS.map((seed) => seenOf(tears, seed)));
    return Math.max(...all.flat().map(({ atMs }) => atMs));
  };
  expect(await longest({ tear: 1 })).toBeLessThan(500);
  expect(await longest({ tear: 1, linger: 1 })).toBeGreaterThan(2000);
});

test('refuse: a write whose conditions hold is refused, and was not done', async () => {
  const { store, until } = torn({ refuse: 1 });
  expect(await until(store.write(BOX, [put('A#1')]))).toBe('refused');
  expect(store.truth(BOX)).toEqual([]);
});

test.each([
  ['loseBefore', 'was not done', 0],
  ['loseAfter', 'was done', 1],
] as const)('%s: a write is not answered, and %s', async (which, _, there) => {
  const { store, until } = torn({ [which]: 1 });
  await expect(until(store.write(BOX, [put('A#1')]))).rejects.toThrow(NoAnswer);
  store.tears = CALM;
  expect((await until(store.get(BOX, ['A#1']))).size).toBe(there);
});

test('landLate: a write is not answered, and is done later, unless another one came before it', async () => {
  const { store, until, time } = torn({ landLate: 1 });
  await expect(until(store.write(BOX, [put('A#1'), put('A#2')]))).rejects.toThrow(NoAnswer);
  await expect(until(store.write(BOX, [put('B#1'), put('A#3')]))).rejects.toThrow(NoAnswer);
  store.tears = CALM;
  expect(store.truth(BOX)).toEqual([]);
  expect(await until(store.write(BOX, [put('B#1')]))).toBe('written');
  time.pass(LINGER_MAX_MS);
  expect([...(await until(store.get(BOX, ['A#1', 'A#2', 'A#3', 'B#1']))).keys()].sort()).toEqual([
    'A#1',
    'A#2',
    'B#1',
  ]);
});

test('contend: a snapshot says that a write is under way', async () => {
  const { store, until } = torn({ contend: 1 });
  expect(await until(store.snapshot(BOX, KEYS))).toBeUndefined();
});

test('failRead: no reading is answered', async () => {
  const { store, until } = torn({ failRead: 1 });
  for (const read of [
    () => store.get(BOX, KEYS),
    () => store.snapshot(BOX, KEYS),
    () => store.query(BOX, { from: 'A', to: 'B', limit: 9 }),
  ])
    await expect(until<unknown>(read())).rejects.toThrow(NoAnswer);
});

test('shortPage: a query gives fewer items than there are, and says that there may be more', async () => {
  const { store, until } = torn({ shortPage: 1 });
  await until(
    store.write(
      BOX,
      KEYS.map((sk) => put(sk)),
    ),
  );
  const pages = [];
  for (let i = 0; i < 20; i++) pages.push(await until(store.query(BOX, { from: 'A', to: 'B', limit: 100 })));
  expect(Math.min(...pages.map(({ items }) => items.length))).toBeLessThan(KEYS.length);
  for (const { items, more } of pages) expect(more || items.length === KEYS.length).toBe(true);
});

test('splitRead: one reading gives items of two moments, between which another wrote them all', async () => {
  const mixed = new Set<string>();
  for (const seed of SEEDS) {
    const { store, until } = torn({ splitRead: 1 }, seed);
    await until(
      store.write(
        BOX,
        KEYS.map((sk) => put(sk)),
      ),
    );
    const writing = store.write(
      BOX,
      KEYS.map((sk) => put(sk, 2)),
    );
    const [, queried, got] = await until(
      Promise.all([writing, store.query(BOX, { from: 'A', to: 'B', limit: 9 }), store.get(BOX, KEYS)]),
    );
    const versions = (items: Iterable<{ version: number }>) =>
      new Set([...items].map(({ version }) => version)).size;
    if (versions(queried.items) > 1) mixed.add('query');
    if (versions(got.values()) > 1) mixed.add('get');
  }
  expect([...mixed].sort()).toEqual(['get', 'query']);
});

describe('what the database does by itself, and whoever runs it', () => {
  const expiring = (sk: string, expiresAtMs: number) => ({
    put: { ...anItem(sk), expiresAtMs },
    when: 'absent' as const,
  });

  test('expire: what has passed its time is removed, at some time; nothing else is', async () => {
    const { store, until, time } = torn({});
    const now = time.now();
    await until(
      store.write(BOX, [
        put('A#0'),
        ...KEYS.map((sk) => expiring(sk, now + 1000)),
        expiring('B#1', now + 1e6),
      ]),
    );
    time.pass(2000);
    expect(store.expire(BOX, 1).map(({ sk }) => sk)).toEqual(KEYS);
    expect(store.truth(BOX).map(({ sk }) => sk)).toEqual(['A#0', 'B#1']);
  });

  test('restore: a box is as it was when it was copied, and what was on its way is lost', async () => {
    const { store, until, time } = torn({});
    await until(store.write(BOX, [put('A#1'), put('A#2')]));
    const copy = store.copyOf(BOX);
    await until(store.write(BOX, [put('A#1', 2), put('A#3'), { remove: 'A#2', when: { version: 1 } }]));
    store.tears = { ...CALM, landLate: 1 };
    await expect(until(store.write(BOX, [put('A#4')]))).rejects.toThrow(NoAnswer);
    store.tears = CALM;
    store.restore(BOX, copy);
    time.pass(LINGER_MAX_MS);
    const { items } = await until(store.query(BOX as BoxId, { from: 'A', to: 'B', limit: 9 }));
    expect(items).toEqual([anItem('A#1'), anItem('A#2')]);
  });
});
