import { deviceKey, preferencesKey } from '../../../core/model/keys.js';
import type { StoredItem } from '../../../core/model/stored-item.js';
import type { Core } from '../../../core/ports/core.js';
import type { DeviceId } from '../../../protocol/ids.js';
import { DEFAULT_POLICY } from '../../../protocol/policy.js';
import type { SyncResponse } from '../../../protocol/sync.js';
import { AdversarialRegistry } from '../adversarial-registry.js';
import { AdversarialStore, NoAnswer } from '../adversarial-store.js';
import { BOX } from '../builders.js';
import { Chance } from './chance.js';
import type { Intended } from './client/wire.js';
import type { Happened, Happening } from './coverage.js';
import { effectiveFrom } from './effective.js';
import { nameOfElement, type Wire, type WireEffective } from './elements.js';
import { Ledger } from './ledger.js';
import { type Living, livingOf } from './oracle.js';
import { Placements } from './placements.js';
import { Replay } from './replay.js';
import { elementsIn, nextExpiry, ofThisLife } from './stored.js';
import type { Swarm } from './swarm.js';
import { VirtualTime } from './time.js';

/** What does not hold, and where it showed. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

/** A call that is under way. */
export interface Call {
  readonly by: string; // a device, or who else writes
  readonly operations: readonly Intended[];
}

/** A core that is wrong on purpose: by what it stands on, or by what it answers. */
export interface Disguise {
  readonly core?: (core: Core) => Core;
  readonly answer?: (answer: SyncResponse) => SyncResponse;
}

interface Alive {
  readonly revision: number;
  readonly untilMs: number; // then something of it expires
  readonly elements: readonly Living[];
}

export interface StageOptions {
  readonly isTraced?: boolean;
  readonly disguise?: Disguise;
}

/** One box with all that its actors share: time, chance, the core on its adversarial stores, and what happened so far. */
export class Stage {
  readonly chance: Chance;
  readonly time: VirtualTime;
  readonly store: AdversarialStore;
  readonly registry: AdversarialRegistry;
  readonly core: Core;
  readonly ledger = new Ledger();
  readonly happened: Happened = {};
  readonly trace: string[] = [];
  readonly calls = new Set<Call>();
  readonly placements = new Placements();
  /** The box as its log says. */
  replay = new Replay();
  /** A restore has put items from another moment than the log: counts may be wrong. */
  isTorn = false;
  /** Of the deployment: one more with each restore. */
  timeline = 0;
  /** Of functions, which are called one after the other in each: what they remember. */
  private processes: readonly object[] = [{}, {}];
  /** When elements expire, by name; what has passed its time may be held until it is noted. */
  readonly expiries = new Map<string, number>();
  /** Up to which number what the database has removed after its time had a name; something else may have it by now. */
  readonly removed = new Map<string, number>();
  /** How much a backfill had sent, by the token of the answer. */
  readonly sentBy = new Map<string, number>();
  /** Changes of policies that do not hold everywhere yet. */
  policiesUnderWay = 0;
  /** Since then every function knows the policies as they are. */
  policiesKnownSinceMs = 0;
  private readonly tasks = new Set<Promise<void>>();
  private failure: unknown;
  private living: Alive | undefined;

  constructor(
    seed: number,
    readonly swarm: Swarm,
    others: Pick<Core, 'purgeQueue'>,
    { isTraced = false, disguise = {} }: StageOptions = {},
  ) {
    this.isTraced = isTraced;
    this.disguise = disguise;
    this.chance = new Chance(seed);
    this.time = new VirtualTime(this.chance.fork());
    this.store = new AdversarialStore(seed + 1, { clock: this.time, mishaps: swarm.mishaps });
    this.registry = new AdversarialRegistry(this.store, this.time, seed + 2);
    const core: Core = {
      store: this.store,
      registry: this.registry,
      clock: this.time,
      tokenKeys: { keys: async () => [Buffer.from('a key for tests')] },
      pushQueue: { send: async () => [] },
      eraseQueue: { send: async () => {} },
      sockets: { post: async () => 'gone', close: async () => {} },
      observe: (event, fields) => this.reported(event, fields),
      ...others,
    };
    this.withTimeline(core);
    this.core = disguise.core?.(core) ?? core;
  }

  readonly disguise: Disguise;
  private readonly isTraced: boolean;

  /** Everything in the box, as its log says. */
  get truth(): readonly StoredItem[] {
    return this.replay.all;
  }

  /**
   * A function at work. It may end before any call: its calls that are under way go on, it makes no other, and nobody gets
   * its answer.
   */
  mortal<T>(work: (core: Core) => Promise<T>): Promise<T> {
    const { kill } = this.store.mishaps;
    const memory = this.chance.pick(this.processes);
    if (kill === 0) return work(this.withTimeline({ ...this.core, memory }));
    return new Promise((resolve, reject) => {
      let isDead = false;
      const alive = <Port extends object>(port: Port): Port =>
        new Proxy(port, {
          get: (target, name) => {
            const member = Reflect.get(target, name);
            if (typeof member !== 'function') return member;
            return (...args: unknown[]) => {
              if (!isDead && this.chance.happens(kill)) {
                isDead = true;
                this.hit('function killed');
                reject(new NoAnswer('the function was killed'));
              }
              return isDead ? new Promise(() => {}) : member.apply(target, args);
            };
          },
        });
      const { store, registry, purgeQueue } = this.core;
      const its = this.withTimeline({
        ...this.core,
        memory,
        store: alive(store),
        registry: alive(registry),
        purgeQueue: alive(purgeQueue),
      });
      work(its).then(resolve, reject);
    });
  }

  /** The timeline of the deployment, as it is whenever a function asks. */
  private withTimeline(core: Core): Core {
    return Object.defineProperty(core, 'timeline', { get: () => this.timeline, enumerable: true });
  }

  /** Functions are deployed anew, with another timeline: none remembers anything. */
  deploy(): void {
    this.timeline++;
    this.processes = [{}, {}];
  }

  /** What lives in the box, as it is. */
  get alive(): readonly Living[] {
    const { revision } = this.store;
    const nowMs = this.time.now();
    if (this.living?.revision !== revision || this.living.untilMs <= nowMs) {
      const { truth } = this;
      const elements = livingOf(elementsIn(ofThisLife(truth), nowMs));
      this.living = { revision, elements, untilMs: nextExpiry(truth, nowMs) };
    }
    return this.living.elements;
  }

  /** What has passed its time, and a device may hold still. */
  isFading(element: Wire): boolean {
    const name = nameOfElement(element);
    if (element.modSeq <= (this.removed.get(name) ?? 0)) return true;
    return (this.expiries.get(name) ?? Number.POSITIVE_INFINITY) <= this.time.now();
  }

  /** What a device is to hold by its record and the policies, as they are; undefined: it is not registered. */
  effectiveOf(deviceId: string): WireEffective | undefined {
    const device = this.replay.get(deviceKey(deviceId as DeviceId));
    if (device?.kind !== 'device') return undefined;
    const asked = this.store.box(BOX).read(preferencesKey(device.deviceId, device.preferencesNonce));
    if (asked?.kind !== 'preferences') return undefined;
    const policies = [
      this.replay.head?.policyId ?? DEFAULT_POLICY,
      ...(device.policyId === undefined ? [] : [device.policyId]),
    ];
    return effectiveFrom(
      asked.preferences,
      policies.map((id) => this.registry.policyNow(id)),
    );
  }

  hit(what: Happening): void {
    this.happened[what] = (this.happened[what] ?? 0) + 1;
  }

  note(what: () => string): void {
    if (this.isTraced) this.trace.push(`${this.time.now() % 1e9} ${what()}`);
  }

  /** What fails here fails the run, whoever called it: the core takes an error of the store for an answer that was lost. */
  insist(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.failure ??= error;
      throw error;
    }
  }

  begin(name: string, work: () => Promise<void>): void {
    const task: Promise<void> = work()
      .catch((error) => {
        this.failure ??=
          error instanceof Violation ? error : new Violation(`${name}: ${error?.stack ?? error}`);
      })
      .finally(() => this.tasks.delete(task));
    this.tasks.add(task);
  }

  /** Work that is seen to be under way by whoever looks for it. */
  async during<T>(call: Call, work: () => Promise<T>): Promise<T> {
    this.calls.add(call);
    try {
      return await work();
    } finally {
      this.calls.delete(call);
    }
  }

  /** The next of those who wait goes on; false: nobody waits. */
  async turn(withinMs?: number): Promise<boolean> {
    const isOn = await this.time.turn(withinMs);
    if (this.failure) throw this.failure;
    return isOn;
  }

  checkNobodyHangs(): void {
    if (this.tasks.size > 0) throw new Violation('a call does not come to an end');
  }

  pass(ms: number): void {
    this.note(() => `  ${ms} ms pass`);
    this.time.pass(ms);
  }

  private reported(event: string, fields: Readonly<Record<string, unknown>>): void {
    if (event === 'commitUnanswered') this.hit('commit whose write was not answered');
    if (event !== 'syncFromStart' || fields.why === 'initial') return;
    this.note(() => `    starts over: ${fields.why}`);
    this.hit(`reset ${fields.why}` as Happening);
  }
}
