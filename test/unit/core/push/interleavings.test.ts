import type { Caller } from '../../../../core/commit/commit-operations.js';
import type { Core } from '../../../../core/core.js';
import { revokeDevice } from '../../../../core/devices/devices.js';
import { connected, disconnected } from '../../../../core/push/connections.js';
import { fanOut } from '../../../../core/push/fan-out.js';
import { notify } from '../../../../core/push/notify.js';
import type { PushMessage } from '../../../../core/push/ports.js';
import type { DeviceRecord } from '../../../../core/registry.js';
import type { Commit } from '../../../../core/store/items.js';
import { synchronize } from '../../../../core/sync/synchronize.js';
import { SyncProblem } from '../../../../core/sync-problem.js';
import { DEFAULT_POLICY } from '../../../../protocol/policy.js';
import { syncBodySchema } from '../../../../protocol/sync.js';
import { aConversation, aMessage, BOX } from '../../../support/builders.js';
import { Actor, inManyOrders, interleave, seeded } from '../../../support/interleaving.js';
import { MemoryStore } from '../../../support/memory-store.js';
import { Rig } from '../../../support/rig.js';

const WINDOW_MS = 5000;
const REDELIVERY_MS = 30_000;
const ORDERS_MAX = 50;

class CopiedStore extends MemoryStore {
  copy(): CopiedStore {
    const copy = new CopiedStore();
    copy.boxes.set(BOX, new Map(this.items(BOX)));
    return copy;
  }
}

/** A box with two commits after the device synchronized, and the device as it was then. */
interface Past {
  readonly store: CopiedStore;
  readonly record: DeviceRecord;
  readonly token: string;
  readonly commits: readonly Commit[]; // 3 and 4
}

async function makePast(): Promise<Past> {
  const store = new CopiedStore();
  const rig = new Rig(store);
  const phone = await rig.device(BOX, 'phone', { pushWindowMs: WINDOW_MS });
  await rig.deposit(BOX, aConversation());
  const { syncToken = '' } = await rig.syncAll(phone);
  const record = (await rig.registry.device(BOX, phone.deviceId)) as DeviceRecord;
  await rig.deposit(BOX, aMessage());
  await rig.deposit(BOX, aMessage());
  return { store, record, token: syncToken, commits: (await rig.commits(BOX)).slice(-2) };
}

type Name =
  | 'fanOut3'
  | 'fanOut3 again'
  | 'fanOut4'
  | 'fanOut both'
  | 'notifier'
  | 'notifier doubled'
  | 'sync'
  | 'connect B'
  | 'connect C'
  | 'connect D'
  | 'disconnect A'
  | 'reconfigure'
  | 'policy'
  | 'revoke';

interface Sent {
  readonly message: PushMessage;
  readonly atMs: number;
  readonly receives: number;
}

/** One course of events; `queue` is the push queue. */
class World extends Rig {
  readonly queue: Sent[] = [];
  readonly inHand = new Set<Sent>();
  redeliveries = 0;
  readonly posted: { connectionId: string; modSeq: number; atMs: number }[] = [];
  readonly phone: Caller;
  constructor(private readonly past: Past) {
    super(past.store.copy());
    const { box, deviceId, instanceId } = past.record;
    this.phone = { box, deviceId, instanceId };
    this.core.pushQueue.send = async (pushes) => {
      for (const { message, delaySeconds } of pushes) {
        this.queue.push({ message, atMs: this.clock.nowMs + delaySeconds * 1000, receives: 0 });
      }
      return [];
    };
    this.core.sockets.post = async (connectionId, frame) => {
      if (!this.open.has(connectionId)) return 'gone';
      const { modSeq } = JSON.parse(frame) as { modSeq: number };
      this.posted.push({ connectionId, modSeq, atMs: this.clock.nowMs });
      return 'posted';
    };
  }

  async begin({
    isConnected = true,
    isScheduled = false,
    lastPushAgoMs = undefined as number | undefined,
  } = {}) {
    const nowMs = this.clock.nowMs;
    const { instanceId } = this.past.record;
    const record: DeviceRecord = {
      ...this.past.record,
      instanceId,
      ...(isConnected && { connectionId: 'A', connectedAtMs: nowMs - 600_000 }),
      ...(lastPushAgoMs !== undefined && { lastPushAtMs: nowMs - lastPushAgoMs }),
      ...(isScheduled && { pushBy: 3, pushDueMs: nowMs }),
    };
    await this.registry.register(record, undefined, []);
    if (isConnected) this.open.add('A');
    if (isScheduled) {
      const { box, deviceId } = record;
      this.queue.push({
        message: { box, deviceId, instanceId, by: 3, dueMs: nowMs },
        atMs: nowMs,
        receives: 0,
      });
    }
  }

  actor(name: Name): Actor {
    return new Actor(name, this.core, (core) => this.doing(name, core));
  }

  private async doing(name: Name, core: Core): Promise<unknown> {
    const [third, fourth] = this.past.commits as [Commit, Commit];
    switch (name) {
      case 'fanOut3':
      case 'fanOut3 again':
        return fanOut(core, BOX, third);
      case 'fanOut4':
        return fanOut(core, BOX, fourth);
      case 'fanOut both':
        return fanOut(core, BOX, third, fourth);
      case 'notifier':
        return this.receive(core);
      case 'notifier doubled':
        return this.receive(core, true);
      case 'sync':
        return synchronize(core, this.phone, syncBodySchema.parse({ syncToken: this.past.token }));
      case 'connect B':
        return this.connect(core, 'B', 1);
      case 'connect C':
        return this.connect(core, 'C', 2);
      case 'connect D':
        return this.connect(core, 'D', 3);
      case 'disconnect A':
        this.open.delete('A');
        return disconnected(core, this.phone, 'A');
      case 'reconfigure':
        return this.device(BOX, 'phone', { pushWindowMs: WINDOW_MS, maxTextBytes: 9 });
      case 'policy':
        return core.registry.putPolicy(DEFAULT_POLICY, { minPushWindowMs: WINDOW_MS + 3000 });
      case 'revoke':
        return revokeDevice(core, BOX, this.phone.deviceId);
    }
  }

  /** As the gateway does: it opens the connection when it is told to, though somebody has closed it before. */
  private async connect(core: Core, id: string, later: number) {
    const isMade = await connected(core, this.phone, { id, atMs: this.clock.nowMs + later });
    if (isMade) this.open.add(id);
    return isMade;
  }

  /** What is there to be received, if anything; a message doubled stays in the queue. */
  async receive(core: Core, isDoubled = false): Promise<void> {
    const [next] = this.queue.sort((a, b) => a.atMs - b.atMs);
    if (!next) return;
    if (!isDoubled) this.queue.splice(0, 1);
    this.clock.nowMs = Math.max(this.clock.nowMs, next.atMs);
    this.inHand.add(next);
    try {
      await notify(core, next.message);
      this.inHand.delete(next);
    } catch (error) {
      if (next.receives >= 5) throw error;
      this.giveBack(next);
    }
  }

  private giveBack(sent: Sent) {
    this.redeliveries++;
    this.inHand.delete(sent);
    const again = { ...sent, atMs: this.clock.nowMs + REDELIVERY_MS, receives: sent.receives + 1 };
    if (!this.queue.includes(sent)) this.queue.push(again);
  }

  /** Lets somebody on until it is done. */
  async finish(actor: Actor): Promise<void> {
    await interleave([actor], () => 0);
    expect([actor.name, actor.error]).toEqual([actor.name, undefined]);
  }

  /**
   * What follows when some have ended midway: the stream gives its commits again, the queue its messages, and a client
   * whose connection was not made connects again.
   */
  async recover(ended: readonly Actor[]): Promise<void> {
    for (const sent of this.inHand) this.giveBack(sent);
    for (const { name } of ended) if (name.startsWith('fanOut')) await this.finish(this.actor(name as Name));
    if (ended.some(({ name }) => name.startsWith('connect'))) await this.finish(this.actor('connect D'));
  }

  /** All that is still in the queue is delivered. */
  async settle() {
    for (let i = 0; this.queue.length > 0 && i < 50; i++) await this.receive(this.core);
    expect(this.queue).toEqual([]);
  }

  /** The promise of the protocol: a connected device that is behind has been told, on this connection. */
  async expectTold() {
    const device = await this.registry.device(BOX, this.phone.deviceId);
    const connection = device?.connectionId;
    if (!device || !connection || !this.open.has(connection) || device.syncedModSeq >= 4) return;
    const told = this.posted.filter(({ connectionId }) => connectionId === connection);
    expect(told.map(({ modSeq }) => modSeq)).toContain(4);
  }

  /** Nothing holds later commits back; of a device that is not connected the next connection sees to that. */
  async expectNoMark() {
    const device = await this.registry.device(BOX, this.phone.deviceId);
    if (device?.connectionId && this.open.has(device.connectionId)) expect(device.pushBy).toBeUndefined();
  }

  /** How many requests came within the window of the one before. */
  get tooSoon(): number {
    return this.posted.filter(
      ({ atMs }, i) => atMs - (this.posted[i - 1]?.atMs ?? Number.NEGATIVE_INFINITY) < WINDOW_MS,
    ).length;
  }

  expectWindowsKept() {
    expect([this.posted, this.tooSoon]).toEqual([this.posted, 0]);
  }
}

let past: Past;
beforeAll(async () => {
  past = await makePast();
});

/** Both commits are announced, by the play or after it, as the stream does. */
async function end(world: World, names: readonly Name[]) {
  if (!names.includes('fanOut3')) await fanOut(world.core, BOX, past.commits[0] as Commit);
  if (!names.includes('fanOut4')) await fanOut(world.core, BOX, past.commits[1] as Commit);
  await world.settle();
  await world.expectTold();
  await world.expectNoMark();
}

/** A device that is revoked cannot synchronize, and is told so. */
const isRefusal = (error: unknown) => error instanceof SyncProblem && error.kind === 'device-not-registered';

const failed = (actors: readonly Actor[]) => {
  const isRevoked = actors.some(({ name }) => name === 'revoke');
  return actors.flatMap(({ name, error }) =>
    error && !(isRevoked && isRefusal(error)) ? [[name, error]] : [],
  );
};

describe('in every order of two, or many of them', () => {
  type Begin = Parameters<World['begin']>[0];
  const quiet: Begin = {};
  const busy: Begin = { isScheduled: true };
  const recent: Begin = { isScheduled: true, lastPushAgoMs: 1000 };
  const away: Begin = { isConnected: false };

  test.each<[Name[], string, Begin]>([
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
        const world = new World(past);
        await world.begin(begin);
        const actors = names.map((name) => world.actor(name));
        await interleave(actors, choose);
        expect(failed(actors)).toEqual([]);
        await end(world, names);
        world.expectWindowsKept();
      },
      { atMost: ORDERS_MAX },
    );
    expect(orders).toBeGreaterThan(4);
  });

  test.each<[Name[], string, Begin]>([
    [['fanOut3', 'fanOut3 again'], 'quiet', quiet],
    [['notifier', 'fanOut3 again'], 'scheduled', busy],
    [['notifier doubled', 'notifier'], 'scheduled', busy],
    [['notifier doubled', 'notifier'], 'recently told', recent],
  ])('[PU1, PU10] %j of a device that is %s: it is told, doubled at the most', async (names, _, begin) => {
    await inManyOrders(
      async (choose) => {
        const world = new World(past);
        await world.begin(begin);
        const actors = names.map((name) => world.actor(name));
        await interleave(actors, choose);
        expect(failed(actors)).toEqual([]);
        await end(world, ['fanOut3', ...names]);
        expect(world.posted.length).toBeLessThanOrEqual(3);
      },
      { atMost: ORDERS_MAX },
    );
  });
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
    'reconfigure',
    'policy',
    'revoke',
  ];

  /** @param crashes probability of an end at each call */
  const play = async (seed: number, from: readonly Name[], crashes = 0) => {
    const random = seeded(seed);
    const world = new World(past);
    const begin = {
      isConnected: random() < 0.8,
      isScheduled: random() < 0.5,
      ...(random() < 0.5 && { lastPushAgoMs: Math.floor(random() * 8000) }),
    };
    await world.begin(begin);
    const names = from.filter(() => random() < 0.55);
    const actors = names.map((name) => world.actor(name));
    const ended = new Set<Actor>();
    await interleave(actors, (among) => {
      // Time goes on, mostly not.
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
    await end(world, isRepeated ? [] : names);
    // A failure may double a request, and so may what comes twice.
    const doubled = names.filter((name) => / again| both| doubled/.test(name)).length + (isRepeated ? 2 : 0);
    expect(world.tooSoon).toBeLessThanOrEqual(ended.size + world.redeliveries + doubled);
    return ended.size;
  };

  test.each([1, 2, 3, 4])('a connected device is told (seeds from %i,000)', async (thousand) => {
    for (let seed = thousand * 1000; seed < thousand * 1000 + 120; seed++) {
      try {
        await play(seed, doubles);
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error });
      }
    }
  });

  test.each([5, 6, 7, 8])('and also where some end midway (seeds from %i,000)', async (thousand) => {
    let ended = 0;
    for (let seed = thousand * 1000; seed < thousand * 1000 + 120; seed++) {
      try {
        ended += await play(seed, doubles, 0.06);
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error });
      }
    }
    expect(ended).toBeGreaterThan(60);
  });

  test('and at most once a window, where nothing fails and nothing is doubled', async () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = seeded(seed);
      const names = pool.filter((name) => name !== 'connect C' && random() < 0.7);
      const world = new World(past);
      await world.begin({ isConnected: true });
      const actors = names.map((name) => world.actor(name));
      await interleave(actors, (among) => {
        if (random() < 0.1) world.clock.nowMs += Math.floor(random() * 3000);
        return Math.floor(random() * among);
      });
      await end(world, names);
      try {
        world.expectWindowsKept();
      } catch (error) {
        throw new Error(`seed ${seed}: ${names}`, { cause: error });
      }
    }
  });
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
        const world = new World(past);
        await world.begin({ isScheduled: true, ...(isRecent && { lastPushAgoMs: 1000 }) });
        const [sent] = world.queue;
        if (!(await stopped(world.actor('notifier'), calls))) break;
        if (sent && !world.queue.includes(sent))
          world.queue.push({ ...sent, atMs: world.clock.nowMs + REDELIVERY_MS });
        await end(world, ['fanOut3']);
        expect(world.posted.length).toBeLessThanOrEqual(2);
      }
    },
  );

  test('as a fan-out, at any call: the stream comes again', async () => {
    let ended = 0;
    for (let calls = 1; calls < 20; calls++) {
      const world = new World(past);
      await world.begin();
      if (!(await stopped(world.actor('fanOut3'), calls))) break;
      ended++;
      await end(world, []);
    }
    expect(ended).toBeGreaterThan(2);
  });

  test('as a fan-out whose record the stream gives up: an overdue mark holds nobody back', async () => {
    const world = new World(past);
    await world.begin();
    await stopped(world.actor('fanOut3'), 3); // the mark is made, and nothing was sent
    expect(world.queue).toEqual([]);
    world.clock.nowMs += 31_000;
    await fanOut(world.core, BOX, past.commits[1] as Commit);
    await world.settle();
    expect(world.posted).toEqual([expect.objectContaining({ connectionId: 'A', modSeq: 4 })]);
  });

  test('as a synchronization, at any call: the device is told all the same', async () => {
    for (let calls = 1; calls < 20; calls++) {
      const world = new World(past);
      await world.begin({ isScheduled: true });
      if (!(await stopped(world.actor('sync'), calls))) break;
      await end(world, ['fanOut3']);
    }
  });
});
