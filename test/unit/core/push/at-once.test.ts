import { extent } from '../../../support/extent.js';
import { type Actor, interleave, seeded } from '../../../support/interleaving.js';
import { failed, makePast, type Name, type Past, World } from '../../../support/push-world.js';

let past: Past;
beforeAll(async () => {
  past = await makePast();
});

describe('whatever happens at once', () => {
  const pool: Name[] = [
    'fanOut3',
    'fanOut4',
    'notifier',
    'sync',
    'connect B',
    'disconnect A',
    'connect C',
    'notifier',
  ];
  const doubles: Name[] = [
    ...pool,
    'fanOut3 again',
    'fanOut both',
    'notifier doubled',
    'notifier late',
    'restore',
    'reconfigure',
    'policy',
    'revoke',
  ];

  /** Actions that write to the log, or read it to the end. */
  const REQUESTS: readonly Name[] = ['sync', 'reconfigure', 'revoke'];

  /** @param crashes probability of an end at each call */
  const play = async (seed: number, from: readonly Name[], crashes = 0) => {
    const random = seeded(seed);
    const world = await World.begin(past, {
      isConnected: random() < 0.8,
      isScheduled: random() < 0.5,
      ...(random() < 0.5 && { lastPushAgoMs: Math.floor(random() * 8000) }),
    });
    const drawn = from.filter(() => random() < 0.55);
    // A restore takes longer than any request.
    const names = drawn.filter((name) => !REQUESTS.includes(name) || !drawn.includes('restore'));
    const actors = names.map((name) => world.actor(name));
    const ended = new Set<Actor>();
    await interleave(actors, (among) => {
      // Time passes in some steps only.
      if (random() < 0.1) world.clock.nowMs += Math.floor(random() * 3000);
      const choice = Math.floor(random() * among);
      const next = actors.filter(({ isDone }) => !isDone)[choice];
      if (next && random() < crashes) {
        next.isDone = true; // its last call is made, and nothing after it
        ended.add(next);
      }
      return choice;
    });
    expect(failed(actors)).toEqual([]);
    await world.recover([...ended]);
    // The stream delivers each commit at least once, and in order.
    const isRepeated = random() < 0.5;
    await world.end(isRepeated ? [] : names);
    // A failure may double a request, and so may what comes twice.
    const doubled =
      names.filter((name) => / again| both| doubled| late|restore/.test(name)).length + (isRepeated ? 2 : 0);
    expect(world.tooSoon).toBeLessThanOrEqual(ended.size + world.redeliveries + doubled);
    return ended.size;
  };

  test.each([1, 2, 3, 4])('a connected device is told (seeds from %i,000)', async (thousand) => {
    for (let seed = thousand * 1000; seed < thousand * 1000 + extent(25, 120); seed++) {
      try {
        await play(seed, doubles);
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error });
      }
    }
  });

  test.each([5, 6, 7, 8])('and also where some end midway (seeds from %i,000)', async (thousand) => {
    let ended = 0;
    for (let seed = thousand * 1000; seed < thousand * 1000 + extent(25, 120); seed++) {
      try {
        ended += await play(seed, doubles, 0.06);
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error });
      }
    }
    expect(ended).toBeGreaterThan(extent(10, 60));
  });

  test('and at most once a window, where nothing fails and nothing is doubled', async () => {
    for (let seed = 1; seed <= extent(40, 200); seed++) {
      const random = seeded(seed);
      const names = pool.filter((name) => name !== 'connect C' && random() < 0.7);
      const world = await World.begin(past, { isConnected: true });
      const actors = names.map((name) => world.actor(name));
      await interleave(actors, (among) => {
        if (random() < 0.1) world.clock.nowMs += Math.floor(random() * 3000);
        return Math.floor(random() * among);
      });
      await world.end(names);
      try {
        world.expectWindowsKept();
      } catch (error) {
        throw new Error(`seed ${seed}: ${names}`, { cause: error });
      }
    }
  });
});
