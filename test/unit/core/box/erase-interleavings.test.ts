import { registerDevice, revokeDevice } from '../../../../core/admin/devices.js';
import { assignToBox, assignToDevice } from '../../../../core/admin/policies.js';
import { issueTicket, redeemTicket } from '../../../../core/admin/tickets.js';
import { erase, startErasing } from '../../../../core/lifecycle/erase.js';
import { putEraseMarker } from '../../../../core/lifecycle/erase-marker.js';
import { type ExpiredElement, expireElements } from '../../../../core/lifecycle/expire.js';
import { projectEntries } from '../../../../core/lifecycle/project-entry.js';
import { purge } from '../../../../core/lifecycle/purge.js';
import { schedulePurge } from '../../../../core/lifecycle/schedule-purge.js';
import { keepNewest } from '../../../../core/log/keep-newest.js';
import { latestVersionOf } from '../../../../core/model/effects.js';
import type { Commit, Head, LogEntry } from '../../../../core/model/log-entry.js';
import type { Core } from '../../../../core/ports/core.js';
import type { PurgeMessage } from '../../../../core/ports/purge-queue.js';
import { connected, disconnected } from '../../../../core/push/connections.js';
import { fanOut } from '../../../../core/push/fan-out.js';
import { notify } from '../../../../core/push/notify.js';
import { synchronize } from '../../../../core/read/synchronize.js';
import { deposit } from '../../../../core/write/deposit.js';
import type { Caller } from '../../../../core/write/device-operations.js';
import type { DeviceId, PolicyId } from '../../../../protocol/ids.js';
import { syncBodySchema } from '../../../../protocol/sync.js';
import { aConversation, aMessage, BOX, removal, stateChange } from '../../../support/builders.js';
import { Erasable } from '../../../support/erasable.js';
import { extent } from '../../../support/extent.js';
import { Actor, interleave, seeded } from '../../../support/interleaving.js';
import { bytesHeld, elementsIn } from '../../../support/model/stored.js';

const SETTLE_SECONDS = 60;
const KIOSK = 'kiosk' as PolicyId;
const WATCH = 'watch' as DeviceId;

/** A small box with a connected device, a push and a container under way, and an operation processed. */
class World extends Erasable {
  phone!: Caller;
  token = '';
  commit!: Commit;
  purgeMessage!: PurgeMessage;
  old: LogEntry[] = [];
  expired: ExpiredElement[] = [];
  ticket = '';
  epoch = '';
  private readonly connecting = new Set<string>();

  async begin(): Promise<this> {
    await this.registry.putPolicy(KIOSK, { maxTextBytes: 1000 });
    await this.deposit(BOX, aConversation(), aMessage({ id: 'old 1' }), aMessage({ id: 'old 2' }));
    this.phone = await this.device(BOX, 'phone', { pushWindowMs: 0 });
    ({ syncToken: this.token } = await this.sync(this.phone, {
      operations: [
        { ...stateChange('old 1', { addFlags: ['x'] }), n: 1 },
        { ...stateChange('old 2', { addFlags: ['x'] }), n: 2 },
      ],
    }));
    await connected(this.core, this.phone, { id: 'A', atMs: this.clock.nowMs - 600_000 });
    this.open.add('A');
    ({ ticket: this.ticket } = await issueTicket(this.core, BOX, this.phone.deviceId));
    await this.deposit(BOX, removal('conversationHistory', 'c1'));
    await this.deposit(BOX, aMessage({ id: 'old 3', conversationId: 'c2' }));
    const commits = await this.commits(BOX);
    for (const commit of commits) await schedulePurge(this.core, BOX, commit);
    [this.purgeMessage] = this.purges.splice(0) as [PurgeMessage];
    this.commit = commits.at(-1) as Commit;
    this.old = await this.entries(BOX);
    const element = {
      kind: 'message',
      sk: 'E#c2#M#old 0',
      version: this.commit.version - 1,
      modSeq: 1,
      id: 'old 0',
      conversationId: 'c2',
    };
    const data = { date: '2026-02-28T09:00:00Z', messageContext: 'pager-message' };
    this.expired = [{ element: { ...element, data } as never, removedAtMs: this.clock.nowMs }];
    await assignToDevice(this.core, BOX, this.phone.deviceId, KIOSK); // its scope changes with its next request
    this.epoch = this.head()?.epoch ?? '';
    return this;
  }

  /** The newest entry, while the box is not being erased. */
  head(): Head | undefined {
    const newest = this.newest();
    return newest?.erasing ? undefined : newest;
  }

  request(core: Core, body: object) {
    return synchronize(core, this.phone, syncBodySchema.parse(body));
  }

  async connect(core: Core, id: string) {
    this.connecting.add(id);
    const isIn = await connected(core, this.phone, { id, atMs: this.clock.nowMs + 1 });
    this.connecting.delete(id);
    if (isIn && !this.closed.includes(id)) this.open.add(id);
  }

  /** The box that is created again resembles the old one: device, conversation history and number of commits are the same. */
  async beginAnew(): Promise<void> {
    await this.deposit(BOX, aConversation(), aMessage({ id: 'fresh' }));
    const { phone } = this;
    await this.device(BOX, 'phone', { pushWindowMs: 0 });
    await this.sync(phone, { operations: [{ ...stateChange('fresh', { addFlags: ['y'] }), n: 1 }] });
    for (let i = 0; i < 2; i++) await this.deposit(BOX, aMessage({ id: `fresh ${i}` }));
    await assignToDevice(this.core, BOX, phone.deviceId, KIOSK);
  }

  /** A device and a user keep their data in the box that was created again. */
  async expectAnewUntouched(): Promise<void> {
    await this.projected(BOX);
    const items = this.store.all(BOX);
    expect(items.find((item) => item.kind === 'message' && item.id === ('fresh' as never))).toMatchObject({
      state: { flags: ['y'] },
    });
    const device = this.registry.deviceNow(BOX, this.phone.deviceId);
    if (device?.instanceId === this.phone.instanceId) expect(device.idempotency).toMatchObject({ lastN: 1 });
  }

  /** After all messages: nothing is left, or only a box that was created again, complete and with nothing of the old one. */
  async expectErased() {
    for (let i = 0; this.erasures.length > 0 && i < 20; i++) await this.work(this.core, SETTLE_SECONDS);
    const head = this.head();
    if (head) await this.projected(BOX);
    const items = this.store.all(BOX);
    const records = await this.registry.devices(BOX);
    expect([...this.open].filter((id) => !records.some(({ connectionId }) => connectionId === id))).toEqual(
      [],
    );
    if (!head) {
      expect(items).toEqual([]);
      expect(this.left()).toBe(0);
      return;
    }
    expect(head.epoch).not.toBe(this.epoch);
    const entries = items.filter((item) => item.kind === 'entry');
    expect(entries.map(({ index }) => index)).toEqual(entries.map((_, i) => head.firstIndex + i));
    expect(entries.map(({ previous }) => previous)).toEqual(
      ['', ...entries.map(({ nonce }) => nonce)].slice(0, -1),
    );
    expect(entries.at(-1)?.nonce).toBe(head.nonce);
    let modSeq = 0;
    expect(entries.map((entry) => entry.modSeq)).toEqual(
      entries.map(({ rows }) => (rows.length > 0 ? ++modSeq : modSeq)),
    );
    for (const item of items) expect(latestVersionOf(item)).toBeGreaterThanOrEqual(head.firstIndex);
    expect(JSON.stringify(items)).not.toMatch(/"old \d"/);
    const of = (type: string) => elementsIn(items).filter((each) => each.type === type).length;
    expect(head.counts).toEqual({
      folder: of('folder'),
      conversationHistory: of('conversationHistory'),
      sessionHistory: 0,
      message: of('message'),
      messageState: of('messageState'),
      bytes: bytesHeld(items),
    });
    expect(head.devices).toBe(records.length);
    const named = records.flatMap((device) => [device.preferencesNonce, ...device.scopeNonces]);
    const kept = items
      .filter(({ kind }) => kind === 'scope' || kind === 'preferences')
      .map(({ sk }) => sk.split('#').at(-1));
    for (const nonce of named) expect(kept).toContain(nonce);
  }
}

type Deed = (core: Core, world: World) => Promise<unknown>;
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
const erasing = async (core: Core, world: World, settled?: () => Promise<unknown>) => {
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
  const world = await new World().begin();
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
      const world = await new World().begin();
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
        const world = await new World().begin();
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
    const world = await new World().begin();
    await erasing(world.core, world);
    expect(world.left()).toBe(0);
    const actor = new Actor(name, world.core, (core) => (DEEDS[name] as Deed)(core, world));
    await goOn(actor);
    expect(world.left()).toBe(0);
  });

  test.each(BY_MESSAGE)(
    '%s: a box made anew is whole, and as it was made, where it begins then',
    async (name) => {
      const world = await new World().begin();
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
      const world = await new World().begin();
      await startErasing(world.core, BOX);
      const [{ message }] = world.erasures as [World['erasures'][number]];
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
      const world = await new World().begin();
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
      const world = await new World().begin();
      await startErasing(world.core, BOX);
      const [{ message }] = world.erasures.splice(0) as [World['erasures'][number]];
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
