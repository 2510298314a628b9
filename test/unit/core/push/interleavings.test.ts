import { extent } from '../../../support/extent.js';
import { inManyOrders, interleave } from '../../../support/interleaving.js';
import {
  type Beginning,
  failed,
  makePast,
  type Name,
  type Past,
  World,
} from '../../../support/push-world.js';

const ORDERS_MAX = extent(10, 50);

let past: Past;
beforeAll(async () => {
  past = await makePast();
});

describe('in every order of two, or many of them', () => {
  const quiet: Beginning = {};
  const busy: Beginning = { isScheduled: true };
  const recent: Beginning = { isScheduled: true, lastPushAgoMs: 1000 };
  const away: Beginning = { isConnected: false };

  test.each<[Name[], string, Beginning]>([
    [['fanOut3', 'fanOut4'], 'quiet', quiet],
    [['fanOut3', 'sync'], 'quiet', quiet],
    [['fanOut3', 'connect B'], 'quiet', quiet],
    [['fanOut3', 'connect B'], 'away', away],
    [['fanOut4', 'connect B'], 'scheduled', busy],
    [['fanOut3', 'disconnect A'], 'quiet', quiet],
    [['fanOut3', 'reconfigure'], 'quiet', quiet],
    [['notifier', 'fanOut4'], 'scheduled', busy],
    [['notifier', 'fanOut4'], 'recently told', recent],
    [['notifier', 'sync'], 'scheduled', busy],
    [['notifier', 'connect B'], 'scheduled', busy],
    [['notifier', 'disconnect A'], 'scheduled', busy],
    [['notifier', 'reconfigure'], 'scheduled', busy],
    [['notifier', 'policy'], 'scheduled', busy],
    [['notifier', 'revoke'], 'scheduled', busy],
    [['fanOut3', 'policy'], 'quiet', quiet],
    [['fanOut3', 'revoke'], 'quiet', quiet],
    [['fanOut both', 'notifier'], 'scheduled', busy],
    [['fanOut both', 'sync'], 'quiet', quiet],
    [['connect B', 'revoke'], 'quiet', quiet],
    [['connect B', 'policy'], 'away', away],
    [['connect B', 'disconnect A'], 'quiet', quiet],
    [['connect B', 'sync'], 'away', away],
    [['connect B', 'connect C'], 'quiet', quiet],
    [['connect B', 'connect C'], 'away', away],
  ])('[PU1, PU3] %j of a device that is %s: it is told, once a window', async (names, _, begin) => {
    const orders = await inManyOrders(
      async (choose) => {
        const world = await World.begin(past, begin);
        const actors = names.map((name) => world.actor(name));
        await interleave(actors, choose);
        expect(failed(actors)).toEqual([]);
        await world.end(names);
        world.expectWindowsKept();
      },
      { atMost: ORDERS_MAX },
    );
    expect(orders).toBeGreaterThan(4);
  });

  test.each<[Name[], string, Beginning]>([
    [['fanOut3', 'fanOut3 again'], 'quiet', quiet],
    [['notifier', 'fanOut3 again'], 'scheduled', busy],
    [['notifier doubled', 'notifier'], 'scheduled', busy],
    [['notifier doubled', 'notifier'], 'recently told', recent],
    [['restore', 'fanOut3'], 'quiet', quiet],
    [['restore', 'notifier'], 'scheduled', busy],
    [['restore', 'notifier'], 'recently told', recent],
    [['restore', 'connect B'], 'away', away],
    [['restore grown', 'fanOut both'], 'quiet', quiet],
    [['restore grown', 'notifier'], 'scheduled', busy],
    [['restore grown', 'connect B'], 'away', away],
    [['sync, restore', 'fanOut3'], 'quiet', quiet],
    [['sync, restore', 'notifier'], 'scheduled', busy],
    [['sync, restore', 'connect B'], 'away', away],
    [['notifier late', 'fanOut3'], 'quiet', quiet],
    [['notifier late', 'notifier'], 'scheduled', busy],
    [['notifier late', 'sync'], 'recently told', recent],
    [['notifier late', 'connect B'], 'away', away],
  ])('[PU1, PU10] %j of a device that is %s: it is told, doubled at the most', async (names, _, begin) => {
    await inManyOrders(
      async (choose) => {
        const world = await World.begin(past, begin);
        const actors = names.map((name) => world.actor(name));
        await interleave(actors, choose);
        expect(failed(actors)).toEqual([]);
        await world.end(['fanOut3', ...names]);
        expect(world.posted.length).toBeLessThanOrEqual(3);
      },
      { atMost: ORDERS_MAX },
    );
  });
});
