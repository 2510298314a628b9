import { registerDevice, revokeDevice } from '../../../../core/admin/devices.js';
import { assignToBox, assignToDevice } from '../../../../core/admin/policies.js';
import { issueTicket, redeemTicket } from '../../../../core/admin/tickets.js';
import { erase, startErasing } from '../../../../core/lifecycle/erase.js';
import { putEraseMarker } from '../../../../core/lifecycle/erase-marker.js';
import { expireElements } from '../../../../core/lifecycle/expire.js';
import { projectEntries } from '../../../../core/lifecycle/project-entry.js';
import { purge } from '../../../../core/lifecycle/purge.js';
import { keepNewest } from '../../../../core/log/keep-newest.js';
import type { Core } from '../../../../core/ports/core.js';
import { connected, disconnected } from '../../../../core/push/connections.js';
import { fanOut } from '../../../../core/push/fan-out.js';
import { notify } from '../../../../core/push/notify.js';
import { deposit } from '../../../../core/write/deposit.js';
import type { DeviceId } from '../../../../protocol/ids.js';
import { aMessage, BOX, removal } from '../../../support/builders.js';
import { ErasedBox, KIOSK, SETTLE_SECONDS } from '../../../support/erased-box.js';
import { extent } from '../../../support/extent.js';
import { Actor, interleave, seeded } from '../../../support/interleaving.js';

const WATCH = 'watch' as DeviceId;

type Deed = (core: Core, world: ErasedBox) => Promise<unknown>;
const instance = (instanceId: string) => ({ instanceId: instanceId as never, preferences: {} });

/** All that writes for a box, in the registry or in the store. */
const DEEDS: Record<string, Deed> = {
  deposit: (core) => deposit(core, BOX, [aMessage({ id: 'new' })]),
  operations: (core, world) =>
    world.request(core, { syncToken: world.token, operations: [{ ...aMessage({ id: 'new' }), n: 3 }] }),
  'operations of which none applies': (core, world) =>
    world.request(core, {
      syncToken: world.token,
      operations: [{ ...removal('message', 'never was'), n: 3 }],
    }),
  'first synchronization': (core, world) => world.request(core, {}),
  'synchronization in a changed scope': (core, world) => world.request(core, { syncToken: world.token }),
  'registering a device': (core) => registerDevice(core, BOX, WATCH, instance('w')),
  'registering it again': (core, world) =>
    registerDevice(core, BOX, world.phone.deviceId, {
      instanceId: world.phone.instanceId,
      preferences: { maxTextBytes: 5 },
    }),
  'registering another instance of it': (core, world) =>
    registerDevice(core, BOX, world.phone.deviceId, instance('phone 2')),
  'revoking it': (core, world) => revokeDevice(core, BOX, world.phone.deviceId),
  'issuing a ticket': (core, world) => issueTicket(core, BOX, world.phone.deviceId),
  'connecting with a ticket': async (core, world) => {
    if (await redeemTicket(core, world.ticket)) await world.connect(core, 'B');
  },
  disconnecting: async (core, world) => {
    world.open.delete('A');
    await disconnected(core, world.phone, 'A');
  },
  'fan-out': (core, world) => fanOut(core, BOX, world.commit),
  notifying: (core, { phone, commit, clock }) =>
    notify(core, { ...phone, by: commit.modSeq, dueMs: clock.nowMs }),
  'clearing away': (core, world) => purge(core, world.purgeMessage),
  'applying entries to the view': (core, { old }) => projectEntries(core, BOX, old),
  'noting what has expired': (core, { expired }) => expireElements(core, BOX, expired),
  'keeping the newest entry': (core) => keepNewest(core, BOX),
  'assigning a policy to the box': (core) => assignToBox(core, BOX, KIOSK),
  'assigning a policy to a device': (core, world) => assignToDevice(core, BOX, world.phone.deviceId, KIOSK),
  'ordering once more': (core) => startErasing(core, BOX),
  'the same message again': async (core, { epoch }) => {
    await erase(core, { box: BOX, epoch }, SETTLE_SECONDS);
  },
};

/** Steps that may start long after their cause: a message or record may be late. */
const BY_MESSAGE = [
  'fan-out',
  'notifying',
  'clearing away',
  'applying entries to the view',
  'noting what has expired',
  'keeping the newest entry',
  'the same message again',
];

/**
 * Ordering, and then working until all is gone: time passes between the messages. Before the last of them, all that was
 * under way has ended, since no function runs so long.
 */
const erasing = async (core: Core, world: ErasedBox, settled?: () => Promise<unknown>) => {
  await startErasing(core, BOX);
  await world.work(core, SETTLE_SECONDS, settled);
};

/** Refusals that a request may meet; everything else is a defect. */
const REFUSALS = new Set([
  'busy',
  'device-not-registered',
  'not-found',
  'instance-replaced',
  'operation-gap',
  'operation-mismatch',
]);

/** Errors after which the queue delivers a message again. */
const COMES_AGAIN = ['the connection is not open yet'];

function expectOnlyRefusals(actors: readonly Actor[]) {
  for (const { name, error } of actors) {
    if (error === undefined || REFUSALS.has((error as { kind: string }).kind)) continue;
    if (name === 'notifying' && COMES_AGAIN.includes((error as Error).message)) continue;
    throw new Error(`${name} failed`, { cause: error });
  }
}

/** All of them at once, in the order that is chosen, and then what is left in the queue. */
async function play(names: readonly string[], choose: (among: number) => number): Promise<void> {
  const world = await new ErasedBox().begin();
  const begun = new Set<string>();
  const others = names.map(
    (name) =>
      new Actor(name, world.core, (core) => {
        begun.add(name);
        return (DEEDS[name] as Deed)(core, world);
      }),
  );
  const actors = [
    new Actor('erasing', world.core, (core, gate) =>
      erasing(core, world, async () => {
        const underWay = others.filter(({ name }) => begun.has(name));
        while (underWay.some(({ isDone }) => !isDone)) await gate();
      }),
    ),
    ...others,
  ];
  await interleave(actors, choose);
  expectOnlyRefusals(actors);
  await world.expectErased();
}

describe('[SP3, SP4] whatever is going on while a box is erased, nothing of it is left', () => {
  test.each([1, 2, 3])(
    'any of them at once, a box made anew among them (seeds from %i,000)',
    async (thousand) => {
      for (let seed = thousand * 1000; seed < thousand * 1000 + extent(12, 60); seed++) {
        const random = seeded(seed);
        const names = Object.keys(DEEDS).filter(() => random() < 0.3);
        // Some are let on seldom: they come back long after all is over.
        const weights = [1, ...names].map(() => (random() < 0.3 ? 0.03 : 1));
        let turns = 0;
        try {
          await play(names, (among) => {
            for (turns++; ; ) {
              const chosen = Math.floor(random() * among);
              if (turns > 2000 || random() < (weights[chosen] ?? 1)) return chosen;
            }
          });
        } catch (error) {
          throw new Error(`seed ${seed}: ${names.join(', ')}`, { cause: error });
        }
      }
    },
  );
});

/** Lets an actor on for some calls; false: it has ended by then. */
const stopped = async (actor: Actor, calls: number): Promise<boolean> => {
  for (let i = 0; i < calls && !actor.isDone; i++) await actor.step();
  return !actor.isDone;
};

describe('[SP3, SP4] a process that stands still at any call while the box is erased, and then goes on', () => {
  const goOn = async (actor: Actor) => {
    while (!actor.isDone) await actor.step();
    expectOnlyRefusals([actor]);
  };

  test.each(Object.keys(DEEDS))('%s: nothing of the box is left', async (name) => {
    let points = 0;
    for (let calls = 1; ; calls++) {
      const world = await new ErasedBox().begin();
      const actor = new Actor(name, world.core, (core) => (DEEDS[name] as Deed)(core, world));
      if (!(await stopped(actor, calls))) break;
      points++;
      await erasing(world.core, world, () => goOn(actor));
      await goOn(actor);
      await world.expectErased();
      expect(world.left()).toBe(0);
    }
    expect(points).toBeGreaterThan(0);
  });

  test.each(Object.keys(DEEDS))(
    '%s: nothing of the box is left where it goes on at once behind the mark',
    async (name) => {
      for (let calls = 1; ; calls++) {
        const world = await new ErasedBox().begin();
        const actor = new Actor(name, world.core, (core) => (DEEDS[name] as Deed)(core, world));
        if (!(await stopped(actor, calls))) break;
        await putEraseMarker(world.core, { box: BOX, epoch: world.epoch });
        await goOn(actor);
        await erasing(world.core, world);
        await world.expectErased();
        expect(world.left()).toBe(0);
      }
    },
  );

  test.each(BY_MESSAGE)('%s: nothing comes back where it begins when the box is gone', async (name) => {
    const world = await new ErasedBox().begin();
    await erasing(world.core, world);
    expect(world.left()).toBe(0);
    const actor = new Actor(name, world.core, (core) => (DEEDS[name] as Deed)(core, world));
    await goOn(actor);
    expect(world.left()).toBe(0);
  });

  test.each(BY_MESSAGE)(
    '%s: a box made anew is whole, and as it was made, where it begins then',
    async (name) => {
      const world = await new ErasedBox().begin();
      await erasing(world.core, world);
      await world.beginAnew();
      const actor = new Actor(name, world.core, (core) => (DEEDS[name] as Deed)(core, world));
      await goOn(actor);
      await world.expectErased();
      await world.expectAnewUntouched();
    },
  );

  test('the eraser itself: a box made anew meanwhile is whole, and as it was made', async () => {
    let points = 0;
    for (let calls = 1; ; calls++) {
      const world = await new ErasedBox().begin();
      await startErasing(world.core, BOX);
      const [{ message }] = world.erasures as [ErasedBox['erasures'][number]];
      world.clock.nowMs += SETTLE_SECONDS * 1000;
      const eraser = new Actor('eraser', world.core, (core) => erase(core, message, SETTLE_SECONDS));
      if (!(await stopped(eraser, calls))) break;
      points++;
      await world.work(world.core, SETTLE_SECONDS);
      expect(world.left()).toBe(0);
      await world.beginAnew();
      await connected(world.core, world.phone, { id: 'N', atMs: world.clock.nowMs });
      world.open.add('N');
      await goOn(eraser);
      await world.expectErased();
      await world.expectAnewUntouched();
    }
    expect(points).toBeGreaterThan(8);
  });
});

describe('a process that ends midway', () => {
  test('as the order, at any call: nothing has happened, or the box is erased all the same', async () => {
    let [untouched, ended] = [0, 0];
    for (let calls = 1; ; calls++) {
      const world = await new ErasedBox().begin();
      const isStopped = await stopped(
        new Actor('order', world.core, (core) => startErasing(core, BOX)),
        calls,
      );
      if (!isStopped) break;
      ended++;
      if (world.erasures.length === 0) {
        untouched++;
        expect(world.head()?.epoch).toBe(world.epoch);
        continue;
      }
      await world.expectErased();
      expect(world.left()).toBe(0);
    }
    expect(untouched).toBeGreaterThan(0);
    expect(ended).toBeGreaterThan(untouched + 3);
  });

  test('as the eraser, at any call: its message comes again', async () => {
    let ended = 0;
    for (let calls = 1; ; calls++) {
      const world = await new ErasedBox().begin();
      await startErasing(world.core, BOX);
      const [{ message }] = world.erasures.splice(0) as [ErasedBox['erasures'][number]];
      world.clock.nowMs += SETTLE_SECONDS * 1000;
      const eraser = new Actor('eraser', world.core, (core) => erase(core, message, SETTLE_SECONDS));
      if (!(await stopped(eraser, calls))) break;
      ended++;
      world.erasures.push({ message, delaySeconds: 0 });
      await world.expectErased();
      expect(world.left()).toBe(0);
    }
    expect(ended).toBeGreaterThan(8);
  });
});
