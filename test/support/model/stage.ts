import type { Core } from '../../../core/core.js';
import type { StoredItem } from '../../../core/store/items.js';
import { BOX } from '../builders.js';
import { TornRegistry } from '../torn-registry.js';
import { TornMemoryStore } from '../torn-store.js';
import { Chance } from './chance.js';
import type { Intended } from './client/wire.js';
import type { Happened, Happening } from './coverage.js';
import { Ledger } from './ledger.js';
import { type Living, livingOf } from './oracle.js';
import { elementsIn } from './stored.js';
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

/** What wraps the core of a run: the core itself, or one that is wrong on purpose. */
export type Disguise = (core: Core) => Core;

/** One box with all that its actors share: time, chance, the core on its torn stores, and what happened so far. */
export class Stage {
  readonly chance: Chance;
  readonly time: VirtualTime;
  readonly store: TornMemoryStore;
  readonly registry: TornRegistry;
  readonly core: Core;
  readonly ledger = new Ledger();
  readonly happened: Happened = {};
  readonly trace: string[] = [];
  readonly calls = new Set<Call>();
  private readonly tasks = new Set<Promise<void>>();
  private failure: unknown;
  private living: { readonly revision: number; readonly elements: readonly Living[] } | undefined;

  constructor(
    seed: number,
    readonly swarm: Swarm,
    others: Pick<Core, 'reapQueue'>,
    { isTraced = false, disguise = (core: Core) => core } = {},
  ) {
    this.isTraced = isTraced;
    this.chance = new Chance(seed);
    this.time = new VirtualTime(this.chance.fork());
    this.store = new TornMemoryStore(seed + 1, { clock: this.time, tears: swarm.tears });
    this.registry = new TornRegistry(this.store, this.time, seed + 2);
    this.core = disguise({
      store: this.store,
      registry: this.registry,
      clock: this.time,
      tokenKeys: { keys: async () => [Buffer.from('a key for tests')] },
      pushQueue: { send: async () => [] },
      sockets: { post: async () => 'gone', close: async () => {} },
      report: (event, fields) => this.reported(event, fields),
      ...others,
    });
  }

  private readonly isTraced: boolean;

  /** Everything in the box's partition, as it is. */
  get truth(): readonly StoredItem[] {
    return this.store.truth(BOX);
  }

  /** What lives in the box, as it is. */
  get alive(): readonly Living[] {
    const { revision } = this.store;
    if (this.living?.revision !== revision) {
      this.living = { revision, elements: livingOf(elementsIn(this.truth)) };
    }
    return this.living.elements;
  }

  hit(what: Happening): void {
    this.happened[what] = (this.happened[what] ?? 0) + 1;
  }

  note(what: () => string): void {
    if (this.isTraced) this.trace.push(`${this.time.now() % 1e9} ${what()}`);
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
