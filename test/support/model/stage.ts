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

/** A broken rule, and the place where it showed. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

/** A call in progress. */
export interface Call {
  readonly by: string; // a device, or another writer
  readonly operations: readonly Intended[];
}

/** A core that is wrong on purpose: in its dependencies, or in its answers. */
export interface Disguise {
  readonly core?: (core: Core) => Core;
  readonly answer?: (answer: SyncResponse) => SyncResponse;
}

interface Alive {
  readonly revision: number;
  readonly untilMs: number; // the next expiry of an element
  readonly elements: readonly Living[];
}

export interface StageOptions {
  readonly isTraced?: boolean;
  readonly disguise?: Disguise;
}

/**
 * One box with all shared state of its actors: time, chance, the core on its adversarial stores, and the
 * events so far.
 */
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
  /** The box, computed from its log. */
  replay = new Replay();
  /** Whether a restore has put items from another moment than the log, so that counts may be wrong. */
  isTorn = false;
  /** Timeline of the deployment, incremented with each restore. */
  timeline = 0;
  /** The memory of each process. The functions of a process run one after the other. */
  private processes: readonly object[] = [{}, {}];
  /** Expiry time of elements, by name. A device may hold an expired element until its expiry is recorded. */
  readonly expiries = new Map<string, number>();
  /**
   * Last number of each element that the database has expired, by name. A later element may have the same
   * name by now.
   */
  readonly removed = new Map<string, number>();
  /** Number of elements that a backfill had sent, by the token of the answer. */
  readonly sentBy = new Map<string, number>();
  /** Changes of policies that are not in force everywhere yet. */
  policiesUnderWay = 0;
  /** Since this time, every function knows the current policies. */
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

  /** Everything in the box, computed from its log. */
  get truth(): readonly StoredItem[] {
    return this.replay.all;
  }

  /**
   * Runs a function, which may end before any call. Its calls in progress continue, it makes no other, and
   * its answer is lost.
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

  /** Returns the current timeline of the deployment with every call. */
  private withTimeline(core: Core): Core {
    return Object.defineProperty(core, 'timeline', { get: () => this.timeline, enumerable: true });
  }

  /** Deploys the functions with another timeline. Their memory is empty afterwards. */
  deploy(): void {
    this.timeline++;
    this.processes = [{}, {}];
  }

  /** The elements that are live now. */
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

  /** Whether an element has expired, but a device may still hold it. */
  isFading(element: Wire): boolean {
    const name = nameOfElement(element);
    if (element.modSeq <= (this.removed.get(name) ?? 0)) return true;
    return (this.expiries.get(name) ?? Number.POSITIVE_INFINITY) <= this.time.now();
  }

  /** The current scope of a device by its record and the policies; undefined: it is not registered. */
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

  /**
   * Makes a failed check fail the run, for any caller. Otherwise the core would treat the error as a lost
   * answer of the store.
   */
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

  /** Does work that is visible in `calls` until it ends. */
  async during<T>(call: Call, work: () => Promise<T>): Promise<T> {
    this.calls.add(call);
    try {
      return await work();
    } finally {
      this.calls.delete(call);
    }
  }

  /** Lets the next waiting actor continue; false: no actor waits. */
  async turn(withinMs?: number): Promise<boolean> {
    const isOn = await this.time.turn(withinMs);
    if (this.failure) throw this.failure;
    return isOn;
  }

  checkNobodyHangs(): void {
    if (this.tasks.size > 0) throw new Violation('a call does not end');
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
