import { revokeDevice } from '../../core/admin/devices.js';
import type { StoredDevice } from '../../core/model/items.js';
import { isRegistryKey } from '../../core/model/keys.js';
import type { Commit } from '../../core/model/log-entry.js';
import { SyncProblem } from '../../core/model/sync-problem.js';
import type { Core } from '../../core/ports/core.js';
import type { PushMessage } from '../../core/ports/push.js';
import { connected, disconnected } from '../../core/push/connections.js';
import { fanOut } from '../../core/push/fan-out.js';
import { notify } from '../../core/push/notify.js';
import { synchronize } from '../../core/read/synchronize.js';
import type { Caller } from '../../core/write/device-operations.js';
import { DEFAULT_POLICY } from '../../protocol/policy.js';
import { syncBodySchema } from '../../protocol/sync.js';
import { aConversation, aMessage, BOX } from './builders.js';
import { Actor, interleave } from './interleaving.js';
import { MemoryStore } from './memory-store.js';
import { Rig } from './rig.js';

const WINDOW_MS = 5000;
export const REDELIVERY_MS = 30_000;
/** A restore takes longer than any request. Unit: ms. */
const RESTORE_MS = 600_000;

class CopiedStore extends MemoryStore {
  copy(): CopiedStore {
    const copy = new CopiedStore();
    for (const [sk, item] of this.box(BOX).items) copy.box(BOX).items.set(sk, item);
    return copy;
  }

  /** Restores the table of the box; the table of devices stays as it is. */
  restore(backup: CopiedStore): void {
    const { items } = this.box(BOX);
    for (const sk of [...items.keys()]) if (!isRegistryKey(sk)) items.delete(sk);
    for (const [sk, item] of backup.box(BOX).items) if (!isRegistryKey(sk)) items.set(sk, item);
  }
}

/**
 * A box that was restored to a time before the two commits, and then got other commits with their numbers.
 */
interface Restored {
  readonly store: CopiedStore;
  readonly commits: readonly Commit[];
}

/** A box with two commits since the device last synchronized, and the device as it was then. */
export interface Past {
  readonly store: CopiedStore;
  readonly record: StoredDevice;
  readonly token: string;
  readonly commits: readonly [Commit, Commit]; // 3 and 4
  readonly restored: Restored; // to commit 2, and then another commit 3 was made
  readonly grown: Restored; // another commit 4 as well
}

/** Creates the box, the device, and the restored variants of the box. All runs start from them. */
export async function makePast(): Promise<Past> {
  const store = new CopiedStore();
  const rig = new Rig(store);
  const phone = await rig.device(BOX, 'phone', { pushWindowMs: WINDOW_MS });
  await rig.deposit(BOX, aConversation());
  const { syncToken = '' } = await rig.syncAll(phone);
  const record = (await rig.registry.device(BOX, phone.deviceId)) as StoredDevice;
  const backup = store.copy();
  await rig.deposit(BOX, aMessage());
  await rig.deposit(BOX, aMessage());
  const [third, fourth] = (await rig.commits(BOX)).slice(-2) as [Commit, Commit];
  return {
    store,
    record,
    token: syncToken,
    commits: [third, fourth],
    restored: await restoredTo(backup, 1),
    grown: await restoredTo(backup, 2),
  };
}

async function restoredTo(backup: CopiedStore, commits: number): Promise<Restored> {
  const store = backup.copy();
  const rig = new Rig(store);
  rig.clock.nowMs += RESTORE_MS;
  for (let i = 0; i < commits; i++) await rig.deposit(BOX, aMessage());
  return { store, commits: (await rig.commits(BOX)).slice(-commits) };
}

export type Name =
  | 'fanOut3'
  | 'fanOut3 again'
  | 'fanOut4'
  | 'fanOut both'
  | 'notifier'
  | 'notifier doubled'
  | 'notifier late'
  | 'restore'
  | 'restore grown'
  | 'sync, restore'
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

/** The initial state of the device. */
export interface Beginning {
  readonly isConnected?: boolean;
  /** A push of commit 3 is pending, and its message was sent. */
  readonly isScheduled?: boolean;
  readonly lastPushAgoMs?: number;
}

/** One run of events; `queue` is the push queue. */
export class World extends Rig {
  readonly queue: Sent[] = [];
  readonly inHand = new Set<Sent>();
  redeliveries = 0;
  readonly posted: { connectionId: string; modSeq: number; atMs: number }[] = [];
  readonly phone: Caller;
  private restored:
    | { readonly commits: readonly Commit[]; readonly after: number; readonly atMs: number }
    | undefined;

  private constructor(
    readonly past: Past,
    private readonly tables: CopiedStore,
  ) {
    super(tables);
    const { deviceId, instanceId } = past.record;
    this.phone = { box: BOX, deviceId, instanceId };
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

  static async begin(past: Past, beginning: Beginning = {}): Promise<World> {
    const world = new World(past, past.store.copy());
    world.begin(beginning);
    return world;
  }

  private begin({ isConnected = true, isScheduled = false, lastPushAgoMs }: Beginning) {
    const nowMs = this.clock.nowMs;
    const record: StoredDevice = {
      ...this.past.record,
      ...(isConnected && { connectionId: 'A', connectedAtMs: nowMs - 600_000 }),
      ...(lastPushAgoMs !== undefined && { lastPushAtMs: nowMs - lastPushAgoMs }),
      ...(isScheduled && { pendingPushModSeq: 3, pendingPushDueMs: nowMs }),
    };
    this.tables.box(BOX).put(record);
    if (isConnected) this.open.add('A');
    if (isScheduled) {
      this.queue.push({
        message: { ...this.phone, by: 3, dueMs: nowMs },
        atMs: nowMs,
        receives: 0,
      });
    }
  }

  actor(name: Name): Actor {
    return new Actor(name, this.core, (core) => this.doing(name, core));
  }

  private async doing(name: Name, core: Core): Promise<unknown> {
    const [third, fourth] = this.past.commits;
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
      case 'notifier late':
        return this.take(core, { message: this.longDone, atMs: this.clock.nowMs, receives: 1 });
      case 'restore':
        return this.restore(this.past.restored);
      case 'restore grown':
        return this.restore(this.past.grown);
      case 'sync, restore':
        await this.doing('sync', core);
        return this.restore(this.past.grown);
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

  /** A message that the queue delivers a second time, ten minutes after the first. */
  private get longDone(): PushMessage {
    return { ...this.phone, by: 2, dueMs: this.clock.nowMs - 600_000 };
  }

  /**
   * The box is restored. Like a synchronization, no request continues across a restore: it was answered
   * before, or is repeated.
   */
  private restore({ store, commits }: Restored) {
    this.clock.nowMs += RESTORE_MS;
    this.tables.restore(store);
    this.restored = { commits, after: this.posted.length, atMs: this.clock.nowMs };
  }

  /**
   * Connects as the gateway does: it opens the connection on success, even if another actor has closed it
   * before.
   */
  private async connect(core: Core, id: string, later: number) {
    const isMade = await connected(core, this.phone, { id, atMs: this.clock.nowMs + later });
    if (isMade) this.open.add(id);
    return isMade;
  }

  /** Receives the next message, if there is one. A duplicated message stays in the queue. */
  async receive(core: Core, isDoubled = false): Promise<void> {
    const [next] = this.queue.sort((a, b) => a.atMs - b.atMs);
    if (!next) return;
    if (!isDoubled) this.queue.splice(0, 1);
    await this.take(core, next);
  }

  private async take(core: Core, sent: Sent): Promise<void> {
    this.clock.nowMs = Math.max(this.clock.nowMs, sent.atMs);
    this.inHand.add(sent);
    try {
      await notify(core, sent.message);
      this.inHand.delete(sent);
    } catch (error) {
      if (sent.receives >= 5) throw error;
      this.giveBack(sent);
    }
  }

  private giveBack(sent: Sent) {
    this.redeliveries++;
    this.inHand.delete(sent);
    const again = { ...sent, atMs: this.clock.nowMs + REDELIVERY_MS, receives: sent.receives + 1 };
    if (!this.queue.includes(sent)) this.queue.push(again);
  }

  /** Advances an actor until it is done. */
  async finish(actor: Actor): Promise<void> {
    await interleave([actor], () => 0);
    expect([actor.name, actor.error]).toEqual([actor.name, undefined]);
  }

  /**
   * Recovers after some actors ended early. The stream repeats its commits, and the queue its messages. A
   * client whose connection failed connects again.
   */
  async recover(ended: readonly Actor[]): Promise<void> {
    for (const sent of this.inHand) this.giveBack(sent);
    // If a commit was delivered twice, repeat it only once: the other delivery may belong to a former reader
    // of the stream.
    const fanOuts = ended.filter(({ name }) => name.startsWith('fanOut') && !name.endsWith('again'));
    for (const { name } of fanOuts) await this.finish(this.actor(name as Name));
    if (ended.some(({ name }) => name.startsWith('connect'))) await this.finish(this.actor('connect D'));
  }

  /** Delivers all messages of the queue. */
  async settle() {
    for (let i = 0; this.queue.length > 0 && i < 50; i++) await this.receive(this.core);
    expect(this.queue).toEqual([]);
  }

  /**
   * The stream delivers all commits that `names` have not delivered, those of a restored box too. Then
   * empties the queue.
   */
  async end(names: readonly Name[]) {
    const [third, fourth] = this.past.commits;
    if (!names.includes('fanOut3')) await fanOut(this.core, BOX, third);
    if (!names.includes('fanOut4')) await fanOut(this.core, BOX, fourth);
    if (this.restored) await fanOut(this.core, BOX, ...this.restored.commits);
    await this.settle();
    const { commits, after, atMs } = this.restored ?? { commits: this.past.commits, after: 0, atMs: 0 };
    await this.expectNotified(commits.at(-1), after, atMs);
    await this.expectLaterNotified();
  }

  /**
   * Expects the promise of the protocol: the server has notified a connected device that is behind, on this
   * connection. After a restore, earlier notifications do not count.
   */
  private async expectNotified(last: Commit | undefined, after: number, atMs: number) {
    const modSeq = last?.modSeq ?? 0;
    const device = await this.registry.device(BOX, this.phone.deviceId);
    const connection = device?.connectionId;
    if (!device || !connection || !this.open.has(connection)) return;
    // In a past that was replaced, the device may have synchronized the same commit number or a later one.
    if (device.syncedModSeq === modSeq && (device.syncedAtMs ?? 0) >= atMs) return;
    const frames = this.posted.slice(after).filter(({ connectionId }) => connectionId === connection);
    expect(Math.max(0, ...frames.map((frame) => frame.modSeq))).toBeGreaterThanOrEqual(modSeq);
  }

  /** Expects that leftovers of the run do not delay the next commit. */
  private async expectLaterNotified() {
    await this.deposit(BOX, aMessage());
    const later = (await this.commits(BOX)).slice(-1);
    const after = this.posted.length;
    await fanOut(this.core, BOX, ...later);
    await this.settle();
    await this.expectNotified(later[0], after, this.clock.nowMs);
    this.posted.splice(after); // not part of the run
  }

  /** Number of synchronization requests that were sent within the window of the one before. */
  get tooSoon(): number {
    return this.posted.filter(
      ({ atMs }, i) => atMs - (this.posted[i - 1]?.atMs ?? Number.NEGATIVE_INFINITY) < WINDOW_MS,
    ).length;
  }

  expectWindowsKept() {
    expect([this.posted, this.tooSoon]).toEqual([this.posted, 0]);
  }
}

/**
 * A revoked device cannot synchronize and is refused. If it is registered again by then, the server answers
 * `busy`.
 */
const isRefusal = (error: unknown) =>
  error instanceof SyncProblem && (error.kind === 'device-not-registered' || error.kind === 'busy');

/** The server also answers `busy` to a device that is changed during its synchronization. */
const isChange = (name: string, error: unknown) =>
  name === 'sync' && error instanceof SyncProblem && error.kind === 'busy';

/** The actors that have failed and should not have. */
export const failed = (actors: readonly Actor[]) => {
  const isAmong = (other: Name) => actors.some(({ name }) => name === other);
  return actors.flatMap(({ name, error }) => {
    const isExpected =
      (isAmong('revoke') && isRefusal(error)) || (isAmong('reconfigure') && isChange(name, error));
    return error && !isExpected ? [[name, error]] : [];
  });
};
