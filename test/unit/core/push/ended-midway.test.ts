import type { Commit } from '../../../../core/model/log-entry.js';
import { fanOut } from '../../../../core/push/fan-out.js';
import { BOX } from '../../../support/builders.js';
import { extent } from '../../../support/extent.js';
import { type Actor, inManyOrders, interleave } from '../../../support/interleaving.js';
import {
  type Beginning,
  failed,
  makePast,
  type Name,
  type Past,
  REDELIVERY_MS,
  World,
} from '../../../support/push-world.js';

const ORDERS_MAX = extent(20, 100);

let past: Past;
beforeAll(async () => {
  past = await makePast();
});

describe('a process that ends midway', () => {
  /** Lets an actor on for some calls and never again. */
  const stopped = async (actor: Actor, calls: number): Promise<boolean> => {
    for (let i = 0; i < calls && !actor.isDone; i++) await actor.step();
    return !actor.isDone;
  };

  test.each([true, false])(
    '[PU9] as a notifier, at any call: its message comes again (recently told: %s)',
    async (isRecent) => {
      for (let calls = 1; calls < 20; calls++) {
        const world = await World.begin(past, {
          isScheduled: true,
          ...(isRecent && { lastPushAgoMs: 1000 }),
        });
        const [sent] = world.queue;
        if (!(await stopped(world.actor('notifier'), calls))) break;
        if (sent && !world.queue.includes(sent))
          world.queue.push({ ...sent, atMs: world.clock.nowMs + REDELIVERY_MS });
        await world.end(['fanOut3']);
        expect(world.posted.length).toBeLessThanOrEqual(2);
      }
    },
  );

  test('as a fan-out, at any call: the stream comes again', async () => {
    let ended = 0;
    for (let calls = 1; calls < 20; calls++) {
      const world = await World.begin(past);
      if (!(await stopped(world.actor('fanOut3'), calls))) break;
      ended++;
      await world.end([]);
    }
    expect(ended).toBeGreaterThan(2);
  });

  test('as a fan-out whose record the stream gives up: an overdue mark holds nobody back', async () => {
    const world = await World.begin(past);
    await stopped(world.actor('fanOut3'), 3); // the mark is made, and nothing was sent
    expect(world.queue).toEqual([]);
    world.clock.nowMs += 31_000;
    await fanOut(world.core, BOX, past.commits[1] as Commit);
    await world.settle();
    expect(world.posted).toEqual([expect.objectContaining({ connectionId: 'A', modSeq: 4 })]);
  });

  test.each<[string, Beginning, Name[]]>([
    ['with what the first has begun', { isScheduled: true }, ['notifier', 'connect B', 'sync', 'fanOut4']],
    ['with a connection, which the first came before', { isConnected: false }, ['connect B']],
  ])('[PU1, PU9] as a second reader of the stream that nobody comes back to, %s', async (_, begin, names) => {
    let ended = 0;
    for (let calls = 1; calls < 10; calls++) {
      await inManyOrders(
        async (choose) => {
          const world = await World.begin(past, begin);
          const second = world.actor('fanOut3 again');
          const others = names.map((name) => world.actor(name));
          let rest = calls;
          await interleave([second, ...others], (among) => {
            const choice = choose(among);
            if (!second.isDone && choice === 0 && --rest === 0) {
              second.isDone = true; // its last call is made
              ended++;
            }
            return choice;
          });
          expect(failed(others)).toEqual([]);
          await world.end(['fanOut3', 'fanOut4']);
        },
        { atMost: ORDERS_MAX },
      );
    }
    expect(ended).toBeGreaterThan(ORDERS_MAX);
  });

  test('as a synchronization, at any call: the device is told all the same', async () => {
    for (let calls = 1; calls < 20; calls++) {
      const world = await World.begin(past, { isScheduled: true });
      if (!(await stopped(world.actor('sync'), calls))) break;
      await world.end(['fanOut3']);
    }
  });
});
