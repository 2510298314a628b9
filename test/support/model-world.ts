import type { Caller } from '../../core/commit/commit-operations.js';
import { deposit } from '../../core/commit/deposit.js';
import type { Core } from '../../core/core.js';
import { registerDevice, revokeDevice } from '../../core/devices/devices.js';
import type { ReapMessage } from '../../core/reap/ports.js';
import { reap } from '../../core/reap/reap.js';
import { scheduleReaping } from '../../core/reap/schedule-reaping.js';
import type { StoredItem } from '../../core/store/items.js';
import { synchronize } from '../../core/sync/synchronize.js';
import { SyncProblem } from '../../core/sync-problem.js';
import type { DeviceId } from '../../protocol/ids.js';
import { DEFAULT_POLICY, type Policy } from '../../protocol/policy.js';
import type { Preferences } from '../../protocol/preferences.js';
import { syncBodySchema } from '../../protocol/sync.js';
import { BOX } from './builders.js';
import { ClientModel, type Intended, type Request, type Response } from './client-model.js';
import { Chance } from './model-chance.js';
import { canonical, isSame, type View, type WireEffective } from './model-elements.js';
import { Ledger } from './model-ledger.js';
import { anyOperation, CONVERSATIONS, FOLDERS } from './model-operations.js';
import { bytesHeld, living, scopeOfBox } from './model-oracle.js';
import type { Swarm } from './model-swarm.js';
import { VirtualTime } from './model-time.js';
import { TornRegistry } from './torn-registry.js';
import { type BoxCopy, CALM, NoAnswer, TornMemoryStore } from './torn-store.js';

const DAY_MS = 24 * 3600 * 1000;
const PAGES_MAX = 2000;
const COPIES_MAX = 3;
/** A Lambda function is ended after less than this. */
const CALL_MAX_MS = 30_000;

/** What does not hold, and where it showed. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

interface DeviceActor {
  readonly deviceId: string;
  readonly model: ClientModel;
  preferences: Preferences;
  isBusy: boolean;
  backup?: () => void;
}

/** What the box holds for a device as it asks. */
interface Before {
  readonly truth: readonly StoredItem[];
  readonly atMs: number;
  readonly modSeq: number;
  readonly timeline: number;
  readonly effective: WireEffective;
}

interface Sent {
  readonly deviceId: string;
  readonly request: Request;
}

/** Several devices, the Participating Function, the reaper and the provider around one box, in virtual time. */
export class World {
  readonly chance: Chance;
  readonly time: VirtualTime;
  readonly store: TornMemoryStore;
  readonly registry: TornRegistry;
  readonly core: Core;
  readonly devices: DeviceActor[] = [];
  readonly ledger = new Ledger();
  readonly trace: string[] = [];
  private readonly tasks = new Set<Promise<void>>();
  private readonly reaps: { message: ReapMessage; dueMs: number }[] = [];
  private readonly sentBefore: Sent[] = [];
  private readonly depositsBefore: (readonly Intended[])[] = [];
  private copies: { copy: BoxCopy; modSeq: number }[] = [];
  private instances = 0;
  private failure: unknown;

  constructor(
    seed: number,
    private readonly swarm: Swarm,
    private readonly isTraced = false,
  ) {
    this.chance = new Chance(seed);
    this.time = new VirtualTime(this.chance.fork());
    this.store = new TornMemoryStore(seed + 1, { clock: this.time, tears: swarm.tears });
    this.registry = new TornRegistry(this.store, this.time, seed + 2);
    this.store.onWritten = (_, put) => this.written(put);
    this.core = {
      store: this.store,
      registry: this.registry,
      clock: this.time,
      tokenKeys: { keys: async () => [Buffer.from('a key for tests')] },
      pushQueue: { send: async () => [] },
      reapQueue: { send: async (messages, delaySeconds) => this.orderReaping(messages, delaySeconds) },
      sockets: { post: async () => 'gone', close: async () => {} },
      report: () => {},
    };
    for (let i = 0; i < swarm.devices; i++) {
      const model = new ClientModel(this.mintInstance(), this.chance.pick(['literal', 'lenient'] as const));
      // The first one always wants everything.
      const preferences = i === 0 ? {} : this.somePreferences();
      this.devices.push({ deviceId: `d${i + 1}`, model, preferences, isBusy: false });
    }
  }

  /** One step of chance; then some of what it began goes on, and the rest later, between other steps. */
  async step(): Promise<void> {
    const kind = this.chance.weighed(this.swarm.steps);
    this.note(() => `step ${kind}`);
    await this[kind]();
    if (this.chance.happens(0.4)) await this.idle();
    else for (let turns = this.chance.between(0, 12); turns > 0; turns--) await this.turn(CALL_MAX_MS);
  }

  /** The network and the database are well again; all that is unanswered is repeated until it is answered. */
  async settle(): Promise<void> {
    this.store.tears = CALM;
    await this.idle();
    this.pass(60_000);
    // First all of them get rid of what they have to say.
    await this.synchronizeAll();
    await this.synchronizeAll();
    this.note(() => 'quiet');
    await this.compareAll('after quiet');
    this.ledger.check();
    await this.reapAll();
    await this.synchronizeAll();
    await this.compareAll('after clearing away');
    this.checkCounts();
    for (const { model } of this.devices) model.reinstalled(this.mintInstance());
    await this.synchronizeAll();
    await this.compareAll('after starting over');
  }

  // Steps.

  async ask(): Promise<void> {
    const device = this.chance.pick(this.devices);
    const count = this.chance.between(1, 4);
    const operations = Array.from({ length: count }, () => this.operation(device.model));
    device.model.intend(...operations);
    this.request(device);
  }

  async page(): Promise<void> {
    this.request(this.chance.pick(this.devices));
  }

  async synchronize(): Promise<void> {
    const device = this.chance.pick(this.devices);
    this.occupy(device, async () => {
      for (let pages = 0; pages < 40; pages++) {
        await this.exchange(device);
        if (device.model.isQuiet) return;
      }
    });
  }

  async participate(): Promise<void> {
    const operations = Array.from({ length: this.chance.between(1, 4) }, () => this.operation());
    this.begin('participating', async () => {
      for (;;) {
        const done = await this.depositOnce(operations);
        if (done || this.chance.happens(0.3)) break; // or given up, and repeated at some other time
      }
      this.depositsBefore.push(operations);
    });
  }

  async participateAgain(): Promise<void> {
    const operations = this.depositsBefore.length > 0 ? this.chance.pick(this.depositsBefore) : undefined;
    if (operations) this.begin('participating again', async () => void (await this.depositOnce(operations)));
  }

  async again(): Promise<void> {
    const sent = this.sentBefore.length > 0 ? this.chance.pick(this.sentBefore) : undefined;
    if (sent) this.repeatUnheard(sent);
  }

  async changePreferences(): Promise<void> {
    const device = this.chance.pick(this.devices.slice(1));
    if (!device || device.isBusy) return;
    device.preferences = this.somePreferences();
    this.occupy(device, () => this.register(device));
  }

  async changePolicy(): Promise<void> {
    await this.idle();
    const policy = this.somePolicy();
    this.note(() => `  policy ${canonical(policy)}`);
    await this.registry.putPolicy(DEFAULT_POLICY, policy);
    this.pass(1000);
  }

  async reinstall(): Promise<void> {
    const device = this.chance.pick(this.devices);
    if (device.isBusy) return;
    device.model.reinstalled(this.mintInstance());
    this.occupy(device, () => this.register(device));
  }

  async revoke(): Promise<void> {
    const device = this.chance.pick(this.devices);
    if (device.isBusy) return;
    this.note(() => `  ${device.deviceId} revoked`);
    this.occupy(device, () => revokeDevice(this.core, BOX, device.deviceId as DeviceId));
  }

  async backUp(): Promise<void> {
    const device = this.chance.pick(this.devices);
    if (!device.isBusy) device.backup = device.model.backup();
  }

  /** The local database of a device goes back to what it was. */
  async rollBack(): Promise<void> {
    const device = this.chance.pick(this.devices);
    if (device.isBusy || !device.backup) return;
    this.note(() => `  ${device.deviceId} rolled back`);
    device.backup();
  }

  async foreignToken(): Promise<void> {
    const [device, other] = this.chance.shuffled(this.devices);
    if (!device || device.isBusy || device.model.isWaiting || !other?.model.syncToken) return;
    this.note(() => `  ${device.deviceId} uses the token of ${other.deviceId}`);
    device.model.useToken(other.model.syncToken);
  }

  async damageToken(): Promise<void> {
    const device = this.chance.pick(this.devices);
    const { syncToken } = device.model;
    if (!syncToken || device.isBusy || device.model.isWaiting) return;
    const at = this.chance.between(0, syncToken.length - 1);
    device.model.useToken(
      `${syncToken.slice(0, at)}A${syncToken.slice(at + 1, this.chance.between(at + 1, 600))}`,
    );
  }

  async wait(): Promise<void> {
    await this.idle();
    const next = Math.min(...this.reaps.map(({ dueMs }) => dueMs)) - this.time.now();
    const soon = this.chance.between(0, 3) * 100;
    this.pass(
      this.chance.happens(0.6) && next > soon && next < DAY_MS
        ? next - soon
        : this.chance.between(1, 200_000),
    );
  }

  async waitDays(): Promise<void> {
    await this.reapAll();
    this.pass(this.chance.pick([1, 10, 30, 80, 95, 130]) * DAY_MS);
    this.store.expire(BOX);
  }

  async expire(): Promise<void> {
    this.store.expire(BOX);
  }

  async copyBox(): Promise<void> {
    const copy = { copy: this.store.copyOf(BOX), modSeq: this.ledger.modSeq };
    this.copies = [copy, ...this.copies].slice(0, COPIES_MAX);
  }

  /** A backup of the box is put back; containers that were deleted before it are ordered to be emptied anew. */
  async restoreBox(): Promise<void> {
    if (this.copies.length === 0) return;
    await this.idle();
    const { copy, modSeq } = this.chance.pick(this.copies);
    this.note(() => `  box restored to ${modSeq}`);
    this.copies = this.copies.filter((each) => each.modSeq <= modSeq);
    this.store.restore(BOX, copy);
    for (const device of this.devices) {
      delete device.backup;
      // A backfill shows what is ahead of the token, and a token of just that moment does not tell the two pasts apart.
      const { syncToken, latest } = device.model;
      if (syncToken && positionIn(syncToken) <= modSeq && latest > modSeq)
        device.model.reinstalled(this.mintInstance());
    }
    const commits = this.ledger.restore(modSeq);
    for (const commit of commits) await scheduleReaping(this.core, BOX, commit);
    if (this.chance.happens(0.5)) {
      for (let i = this.chance.between(1, 8); i > 0; i--) await this.participate();
    }
  }

  // Actors.

  private operation(model?: ClientModel): Intended {
    return anyOperation(this.chance, this.swarm.operations, this.time.now(), model?.held);
  }

  private request(device: DeviceActor): void {
    this.occupy(device, () => this.exchange(device));
  }

  /** One request of a device, registered first where it is not, and its response; either may be lost. */
  private async exchange(device: DeviceActor): Promise<void> {
    const { model, deviceId } = device;
    if (!model.isRegistered) await this.register(device);
    if (!model.isRegistered) return;
    const { loss } = this.swarm;
    const request = model.request(this.someLimit(), this.chance.pick([1, 3, 10, 50]));
    this.note(() => `  ${deviceId} asks ${describeRequest(request)}`);
    this.sentBefore.push({ deviceId, request });
    if (this.chance.happens(loss)) return;
    if (this.chance.happens(loss)) this.repeatUnheard({ deviceId, request });
    const before = this.beforeRequest(device);
    const answer = await this.call(deviceId, request);
    this.note(() => `  ${deviceId} is answered ${describeAnswer(answer)}`);
    if (this.chance.happens(loss) || answer === 'unknown') return;
    if (answer instanceof SyncProblem) return this.understand(device, answer);
    if (!model.receive(request, answer, this.time.now())) model.newInstance(this.mintInstance());
    else if (!model.isMidway && before) this.checkComplete(device, before);
  }

  /** What a client does on a problem, by section 9. */
  private understand({ model }: DeviceActor, { kind }: SyncProblem): void {
    switch (kind) {
      case 'busy':
        return;
      case 'device-not-registered':
      case 'instance-replaced':
      case 'operation-gap':
      case 'operation-mismatch':
        model.newInstance(this.mintInstance());
        return;
      default:
        throw new Violation(`answered ${kind}`);
    }
  }

  private async call(deviceId: string, request: Request): Promise<Response | SyncProblem | 'unknown'> {
    const { instanceId, syncToken, operations, limit } = request;
    const caller = { box: BOX, deviceId, instanceId } as Caller;
    const body = syncBodySchema.parse({ ...(syncToken !== undefined && { syncToken }), operations, limit });
    const options = this.chance.happens(0.1) ? { maxBytes: this.chance.between(70_000, 120_000) } : {};
    const name = this.ledger.nameOf(caller);
    this.ledger.sent(name, operations);
    try {
      const response = await synchronize(this.core, caller, body, options);
      // Begun anew meanwhile, nobody can tell which of the two has answered.
      if (this.ledger.nameOf(caller) === name) this.ledger.answered(name, operations, response.results ?? []);
      return response;
    } catch (error) {
      if (error instanceof NoAnswer) return 'unknown';
      if (error instanceof SyncProblem) return error;
      throw error;
    }
  }

  /** The network delivers a request once more; the answer finds nobody. */
  private repeatUnheard({ deviceId, request }: Sent): void {
    this.begin(`${deviceId} again`, async () => {
      this.note(() => `  ${deviceId} again ${describeRequest(request)}`);
      const answer = await this.call(deviceId, request);
      this.note(() => `  ${deviceId} again is answered ${describeAnswer(answer)}`);
    });
  }

  private async register(device: DeviceActor): Promise<void> {
    const { deviceId, model, preferences } = device;
    const registration = { instanceId: model.instanceId, preferences } as never;
    const answer = await registerDevice(this.core, BOX, deviceId as DeviceId, registration);
    this.note(() => `  ${deviceId} registers ${model.instanceId} ${canonical(preferences)}`);
    if (this.chance.happens(this.swarm.loss)) return;
    model.registered({ effective: answer.device.effective as WireEffective }, this.time.now());
  }

  /** @returns whether it is known what became of it. */
  private async depositOnce(operations: readonly Intended[]): Promise<boolean> {
    try {
      this.note(() => `  PF deposits ${operations.map(describeOperation).join(', ')}`);
      const { results } = await deposit(this.core, BOX, operations);
      this.note(() => `  PF is answered ${results.map(describeResult).join(', ')}`);
      this.ledger.deposited(operations, results);
      return results.length === operations.length;
    } catch (error) {
      if (error instanceof NoAnswer || (error instanceof SyncProblem && error.kind === 'busy')) return false;
      throw error;
    }
  }

  private written(put: readonly StoredItem[]): void {
    for (const item of put) {
      if (item.kind === 'receipt' && item.lastN === 0) this.ledger.began(item.sk.slice('R#'.length));
      if (item.kind !== 'commit') continue;
      this.ledger.committed(item);
      this.note(
        () =>
          `    commit ${item.modSeq}: ${item.rows.map((row) => `${row.removed ?? 'put'} ${row.type} ${row.conversationId ?? ''}/${row.id}`).join(', ')}`,
      );
      this.begin('stream', () => this.untilDone(() => scheduleReaping(this.core, BOX, item)));
    }
  }

  /** Doubled at times, and late at times, as a queue does it; never early. */
  private orderReaping(messages: readonly ReapMessage[], delaySeconds: number): void {
    for (const message of messages) {
      for (let copies = this.chance.happens(0.1) ? 2 : 1; copies > 0; copies--) {
        const lateMs = this.chance.happens(0.3)
          ? this.chance.between(0, 300_000)
          : this.chance.between(0, 1000);
        this.reaps.push({ message, dueMs: this.time.now() + delaySeconds * 1000 + lateMs });
      }
    }
  }

  private startReaping(): void {
    const now = this.time.now();
    for (const due of this.reaps.filter(({ dueMs }) => dueMs <= now)) {
      this.reaps.splice(this.reaps.indexOf(due), 1);
      this.begin('reaper', async () => {
        this.note(() => `  reaper ${canonical(due.message)}`);
        try {
          await reap(this.core, due.message);
        } catch (error) {
          if (!(error instanceof NoAnswer) && !(error instanceof SyncProblem)) throw error;
          this.reaps.push({ message: due.message, dueMs: this.time.now() + 60_000 });
        }
      });
    }
  }

  private async reapAll(): Promise<void> {
    for (let rounds = 0; ; rounds++) {
      await this.idle();
      if (this.reaps.length === 0) return;
      if (rounds > 500) throw new Violation('clearing away does not come to an end');
      const next = Math.min(...this.reaps.map(({ dueMs }) => dueMs));
      this.pass(Math.max(0, next - this.time.now()));
      this.startReaping();
    }
  }

  private async untilDone(work: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error;
      }
    }
  }

  // Time and tasks.

  private occupy(device: DeviceActor, work: () => Promise<void>): void {
    if (device.isBusy) return;
    device.isBusy = true;
    this.begin(device.deviceId, async () => {
      try {
        await work();
      } catch (error) {
        if (!(error instanceof NoAnswer) && !isPassing(error)) throw error;
      } finally {
        device.isBusy = false;
      }
    });
  }

  private begin(name: string, work: () => Promise<void>): void {
    const task: Promise<void> = work()
      .catch((error) => {
        this.failure ??=
          error instanceof Violation ? error : new Violation(`${name}: ${error?.stack ?? error}`);
      })
      .finally(() => this.tasks.delete(task));
    this.tasks.add(task);
  }

  private async turn(withinMs?: number): Promise<boolean> {
    this.startReaping();
    const isOn = await this.time.turn(withinMs);
    if (this.failure) throw this.failure;
    return isOn;
  }

  /** Until nobody has anything under way. */
  private async idle(): Promise<void> {
    while (await this.turn()) {
      // Each turn does its part.
    }
    if (this.tasks.size > 0) throw new Violation('a call does not come to an end');
  }

  private pass(ms: number): void {
    this.note(() => `  ${ms} ms pass`);
    this.time.pass(ms);
  }

  private note(what: () => string): void {
    if (this.isTraced) this.trace.push(`${this.time.now() % 1e9} ${what()}`);
  }

  private mintInstance(): string {
    return `i${++this.instances}`;
  }

  private someLimit(): number {
    return this.chance.happens(0.7) ? this.chance.between(1, 20) : this.chance.pick([50, 200, 1000]);
  }

  private somePreferences(): Preferences {
    if (!this.swarm.scopes) return {};
    const { chance } = this;
    return {
      ...(chance.happens(0.3) && { elementTypes: chance.pick(this.swarm.elementTypes) }),
      ...(chance.happens(0.4) && {
        folders: chance.some(['default', 'RCSMessageStore', ...FOLDERS], 0.5),
      }),
      ...(chance.happens(0.3) && { excludeConversations: chance.some(CONVERSATIONS, 0.3) }),
      ...(chance.happens(0.3) && { maxMessageAgeDays: chance.pick([1, 30, 90]) }),
      ...(chance.happens(0.2) && { maxTextBytes: chance.pick([0, 5, 12, 3000]) }),
    } as Preferences;
  }

  private somePolicy(): Policy {
    const { chance } = this;
    return {
      ...(chance.happens(0.3) && { elementTypes: [...chance.pick(this.swarm.elementTypes)] }),
      ...(chance.happens(0.5) && { maxMessageAgeDays: { 'chat-message': chance.pick([1, 30, 90]) } }),
      ...(chance.happens(0.2) && { maxTextBytes: chance.pick([0, 5, 12, 3000]) }),
    } as Policy;
  }

  // What has to hold.

  private async synchronizeAll(): Promise<void> {
    for (const device of this.devices) await this.synchronizeFully(device);
  }

  private async synchronizeFully(device: DeviceActor): Promise<void> {
    for (let pages = 0; pages < PAGES_MAX; pages++) {
      await this.settled(() => this.exchangeInPeace(device));
      if (device.model.isQuiet && pages > 0) return;
    }
    throw new Violation(`${device.deviceId}: the synchronization does not come to an end`);
  }

  private async exchangeInPeace(device: DeviceActor): Promise<void> {
    const { model, deviceId } = device;
    if (!model.isRegistered) {
      const registration = { instanceId: model.instanceId, preferences: device.preferences } as never;
      const answer = await registerDevice(this.core, BOX, deviceId as DeviceId, registration);
      model.registered({ effective: answer.device.effective as WireEffective }, this.time.now());
    }
    const request = model.request(this.someLimit(), 50);
    this.note(() => `  ${deviceId} asks ${describeRequest(request)}`);
    const answer = await this.call(deviceId, request);
    this.note(() => `  ${deviceId} is answered ${describeAnswer(answer)}`);
    if (answer === 'unknown') throw new Violation('no answer in peace');
    if (answer instanceof SyncProblem) this.understand(device, answer);
    else if (!model.receive(request, answer, this.time.now())) model.newInstance(this.mintInstance());
  }

  private async settled(work: () => Promise<void>): Promise<void> {
    this.begin('settling', work);
    await this.idle();
  }

  private async compareAll(when: string): Promise<void> {
    for (const device of this.devices) {
      const record = await this.registry.recordOf(BOX, device.deviceId as DeviceId);
      const effective = record?.effective as WireEffective | undefined;
      if (!effective) throw new Violation(`${device.deviceId} is not registered ${when}`);
      if (canonical(effective) !== canonical(device.model.effective)) {
        throw new Violation(
          `${device.deviceId} ${when}: knows ${canonical(device.model.effective)} as effective, and it is ${canonical(effective)}`,
        );
      }
      const expected = scopeOfBox(this.store.truth(BOX), effective, this.time.now());
      const differences = compare(expected, device.model.view(this.time.now()));
      if (differences.length > 0) {
        throw new Violation(
          `${device.deviceId} ${when}, in ${canonical(effective)}:\n${differences.join('\n')}`,
        );
      }
    }
  }

  /** What is there as a device asks; undefined where that is not one state. */
  private beforeRequest({ model }: DeviceActor): Before | undefined {
    const { effective } = model;
    if (!effective || !this.store.isSettled || this.chance.happens(0.5)) return undefined;
    return {
      truth: this.store.truth(BOX),
      atMs: this.time.now(),
      modSeq: this.ledger.modSeq,
      timeline: this.ledger.timeline,
      effective,
    };
  }

  /** Section 4, completeness: as of a commit that is not older than the last request of the synchronization. */
  private checkComplete(
    { deviceId, model }: DeviceActor,
    { truth, atMs, modSeq, timeline, effective: askedIn }: Before,
  ): void {
    const { effective } = model;
    if (!effective || timeline !== this.ledger.timeline) return;
    if (canonical(effective) !== canonical(askedIn)) return;
    const before = scopeOfBox(truth, effective, atMs);
    const nowMs = this.time.now();
    const after = scopeOfBox(this.store.truth(BOX), effective, nowMs);
    const held = model.view(nowMs);
    for (const [name, element] of before) {
      if (!isSame(after.get(name), element) || isSame(held.get(name), element)) continue;
      throw new Violation(
        `${deviceId} ended a synchronization without ${canonical(element)}; holds ${canonical(held.get(name))}`,
      );
    }
    for (const [name, element] of held) {
      if (before.has(name) || after.has(name) || element.modSeq > modSeq) continue;
      throw new Violation(`${deviceId} ended a synchronization and still holds ${canonical(element)}`);
    }
  }

  private checkCounts(): void {
    const truth = this.store.truth(BOX);
    const head = truth.find((item) => item.kind === 'head');
    if (head?.kind !== 'head') return;
    const counts = { folder: 0, conversationHistory: 0, sessionHistory: 0, message: 0, messageState: 0 };
    for (const { wire } of living(truth)) if (wire.type !== 'messageState') counts[wire.type as 'message']++;
    for (const item of truth) if (item.kind === 'message' && item.state) counts.messageState++;
    const left = truth.filter(({ kind }) => kind in counts).length;
    const alive = counts.folder + counts.conversationHistory + counts.sessionHistory + counts.message;
    if (left !== alive) throw new Violation(`${left - alive} dead elements were not cleared away`);
    const held = { ...counts, bytes: bytesHeld(truth) };
    if (canonical(head.counts) !== canonical(held)) {
      throw new Violation(`the head counts ${canonical(head.counts)}, and there are ${canonical(held)}`);
    }
    if (head.emptying) throw new Violation(`the head still notes ${canonical(head.emptying)}`);
    for (const item of truth) {
      if (item.kind === 'conversationHistory' && item.emptying)
        throw new Violation(`${item.id} still notes what is emptied`);
    }
  }
}

/** Refusals after which the client comes again. */
const isPassing = (error: unknown): boolean =>
  error instanceof SyncProblem && (error.kind === 'busy' || error.kind === 'not-found');

function compare(expected: View, actual: View): string[] {
  const differences: string[] = [];
  for (const [name, element] of expected) {
    const held = actual.get(name);
    if (!held) differences.push(`misses ${canonical(element)}`);
    else if (!isSame(held, element)) {
      differences.push(`holds  ${canonical(held)}\n  for    ${canonical(element)}`);
    }
  }
  for (const [name, element] of actual) {
    if (!expected.has(name)) differences.push(`holds too much: ${canonical(element)}`);
  }
  return differences;
}

const brief = (json: string): string => (json.length > 200 ? `${json.slice(0, 200)}…` : json);

const describeOperation = ({ n, op, type, id, conversationId, data, ifModSeq }: Intended): string =>
  brief(
    `${n ?? ''} ${op} ${type} ${conversationId ?? ''}/${id} ${data ? canonical({ ...data, imdnMessageId: undefined, from: undefined, to: undefined, participants: undefined }) : ''} ${ifModSeq ?? ''}`,
  );

const describeResult = ({ status, modSeq }: { status: string; modSeq?: number | undefined }): string =>
  `${status} ${modSeq ?? ''}`;

const describeRequest = ({ instanceId, syncToken, operations, limit }: Request): string =>
  `${instanceId} ${syncToken ? readToken(syncToken) : 'no token'} limit ${limit} [${operations.map(describeOperation).join('; ')}]`;

const positionIn = (token: string): number => Number(/\d+/.exec(readToken(token))?.[0] ?? 0);

const readToken = (token: string): string =>
  Buffer.from(token, 'base64url').subarray(13).toString().replaceAll('\n', ' ').replaceAll('\u0000', '|');

function describeAnswer(answer: Response | SyncProblem | 'unknown'): string {
  if (answer === 'unknown') return 'nothing';
  if (answer instanceof SyncProblem) return answer.message;
  const { results = [], changes = [], hasMore, reset, effective, syncToken } = answer;
  const told = (
    changes as { type: string; id: string; modSeq: number; conversationId?: string; removed?: string }[]
  ).map(
    ({ type, id, modSeq, conversationId, removed }) =>
      `${removed ?? ''} ${type} ${conversationId ?? ''}/${id}@${modSeq}`,
  );
  return `${hasMore ? 'more ' : ''}${reset ? 'reset ' : ''}${effective ? 'effective ' : ''}results [${results.map(describeResult).join(', ')}] changes [${told.join(', ')}] ${readToken(syncToken)}`;
}
