import { byKey } from '../../core/log/view.js';
import type { ViewWrite } from '../../core/model/effects.js';
import type { BoxId } from '../../core/model/items.js';
import { deviceKey } from '../../core/model/keys.js';
import type { LogEntry } from '../../core/model/log-entry.js';
import type { StoredItem } from '../../core/model/stored-item.js';
import type { Clock } from '../../core/ports/clock.js';
import type { DeviceAdvance, Items, Projected, Range, Store } from '../../core/ports/store.js';
import { type MemoryBox, MemoryStore } from './memory-store.js';
import { Chance } from './model/chance.js';
import { TestClock } from './rig.js';

/** Probability of each mishap, 0 to 1. */
export interface Mishaps {
  readonly loseBefore: number; // the write fails and has no effect
  readonly loseAfter: number; // the write fails but takes effect
  readonly landLate: number; // the write fails and takes effect later, if its condition holds then
  readonly doubled: number; // the write arrives twice, the second time later
  readonly failRead: number;
  readonly shortPage: number; // a query returns fewer items than requested
  readonly splitRead: number; // a query reads its items at two moments
  readonly stale: number; // a stale read returns an older version of an item
  readonly kill: number; // a function ends before a call and never resumes
}

export const CALM: Mishaps = {
  loseBefore: 0,
  loseAfter: 0,
  landLate: 0,
  doubled: 0,
  failRead: 0,
  shortPage: 0,
  splitRead: 0,
  stale: 0,
  kill: 0,
};

export const ADVERSE: Mishaps = {
  loseBefore: 0.02,
  loseAfter: 0.03,
  landLate: 0.02,
  doubled: 0.03,
  failRead: 0.01,
  shortPage: 0.15,
  splitRead: 0.2,
  stale: 0.2,
  kill: 0.01,
};

const LATENCY_MAX_MS = 12;
/** Unit: ms. A late write arrives within this time. */
export const LATE_MAX_MS = 5000;
/** A stale read returns an item that was current at most this long ago. Unit: ms. */
export const STALE_MAX_MS = 5000;

/** The keys of a range that come after the given one. */
const behind = (keys: readonly string[], last: string, { descending = false }: Range): string[] =>
  keys.filter((sk) => (descending ? byKey(sk, last) < 0 : byKey(sk, last) > 0));

/** The error of a call whose answer was lost. The call may have taken effect or not. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

interface LateWrite {
  readonly atMs: number;
  readonly box: BoxId;
  readonly act: () => void;
}

/** All items of a box at one moment. */
export type BoxCopy = ReadonlyMap<string, StoredItem>;

/** Callbacks for the changes of a box, called at the moment of each change. */
export interface Witness {
  readonly appended?: (box: BoxId, entry: LogEntry) => void;
  readonly replaced?: (box: BoxId, item: StoredItem) => void;
}

/**
 * A table with the semantics of DynamoDB, and no stronger ones. Each item is linearizable, but queries and
 * batches are not snapshots. A write of several items is several writes. A repeated write may fail its own
 * condition. Writes arrive late and twice, and answers get lost. The seed decides the mishaps. The clock
 * decides the time, and its sleepers let others act in the middle of a call.
 */
export class AdversarialStore implements Store {
  witness: Witness = {};
  mishaps: Mishaps;
  private readonly memory = new MemoryStore();
  /** Earlier versions of items, for stale reads. */
  private readonly before = new Map<
    string,
    { readonly item: StoredItem | undefined; readonly untilMs: number }
  >();
  private readonly chance: Chance;
  private readonly clock: Pick<Clock, 'now' | 'sleep'>;
  private late: LateWrite[] = [];
  private changes = 0;

  constructor(
    seed = 1,
    { clock = new TestClock() as Pick<Clock, 'now' | 'sleep'>, mishaps = ADVERSE as Mishaps } = {},
  ) {
    this.chance = new Chance(seed);
    this.clock = clock;
    this.mishaps = mishaps;
  }

  box(box: BoxId): MemoryBox {
    return this.memory.box(box);
  }

  async get(box: BoxId, keys: readonly string[]): Promise<ReadonlyMap<string, StoredItem>> {
    const found = new Map<string, StoredItem>();
    await this.readEach(this.shuffled(keys), (sk) => {
      const item = this.box(box).read(sk);
      if (item) found.set(sk, item);
    });
    return found;
  }

  async getStale(box: BoxId, keys: readonly string[]): Promise<ReadonlyMap<string, StoredItem>> {
    const found = new Map<string, StoredItem>();
    await this.readEach(this.shuffled(keys), (sk) => {
      const name = JSON.stringify([box, sk]);
      const before = this.before.get(name);
      const isStale = before && before.untilMs > this.clock.now() && this.chance.happens(this.mishaps.stale);
      const item = isStale ? before.item : this.box(box).read(sk);
      if (item) found.set(sk, item);
    });
    return found;
  }

  async query(box: BoxId, range: Range): Promise<Items> {
    await this.reached();
    const { mishaps, chance } = this;
    const most = chance.happens(mishaps.shortPage)
      ? chance.between(1, Math.min(range.limit, 8))
      : range.limit;
    const items: StoredItem[] = [];
    let last: string | undefined;
    const splitAt = chance.happens(mishaps.splitRead) ? chance.between(1, 6) : 0;
    // Each key is found at its own moment. The query sees an item put ahead of its position, but not one put
    // behind it.
    let keys = this.box(box).keysIn(range);
    for (let count = 0; count < most; count++) {
      if (count > 0 && count === splitAt) {
        await this.clock.sleep(this.latency());
        keys = behind(this.box(box).keysIn(range), last as string, range);
      }
      const next = keys.shift();
      if (next === undefined) return { items, more: false };
      const item = this.box(box).read(next);
      if (item) items.push(item);
      last = next;
    }
    // The database may report more items even after the last one.
    const more = last !== undefined && (keys.length > 0 || chance.happens(0.5));
    return { items, more, ...(more && last !== undefined && { last }) };
  }

  async append(box: BoxId, entry: LogEntry): Promise<LogEntry> {
    const act = () => {
      const there = this.box(box).append(entry);
      if (there !== entry) return there;
      this.changes++;
      this.witness.appended?.(box, entry);
      return entry;
    };
    return this.writing(box, act);
  }

  async put(box: BoxId, item: StoredItem, when: 'absent' | 'always'): Promise<boolean> {
    return this.writing(box, () => {
      if (when === 'absent' && this.box(box).items.has(item.sk)) return false;
      this.remember(box, item.sk);
      this.box(box).put(item);
      return true;
    });
  }

  async project(box: BoxId, writes: readonly ViewWrite[], advance?: DeviceAdvance): Promise<Projected> {
    const outcomes = await this.each(this.shuffled(writes), (write) =>
      this.writing(box, () => {
        this.remember(box, write.sk);
        return this.box(box).project(write);
      }),
    );
    const isGone =
      advance !== undefined &&
      !(await this.writing(box, () =>
        this.box(box).change(deviceKey(advance.deviceId), advance.instanceId, advance.set),
      ));
    return {
      outcome: isGone ? 'deviceGone' : outcomes.some(({ waits }) => waits) ? 'waits' : 'done',
      dropped: outcomes.flatMap(({ dropped }) => dropped),
    };
  }

  async replace(box: BoxId, items: readonly { readonly read: StoredItem; readonly next: StoredItem }[]) {
    const outcomes = await this.each(items, ({ read, next }) =>
      this.writing(box, () => {
        this.remember(box, read.sk);
        if (!this.box(box).replace(read, next)) return undefined;
        this.witness.replaced?.(box, next);
        return read.sk;
      }),
    );
    return outcomes.filter((sk) => sk !== undefined);
  }

  async remove(box: BoxId, keys: readonly string[], upTo: number): Promise<void> {
    await this.each(keys, (sk) => this.writing(box, () => this.box(box).remove(sk, upTo)));
  }

  async keys(box: BoxId, limit: number, after?: string) {
    await this.reached();
    return this.memory.keys(box, limit, after);
  }

  /** All items of a box, in key order. */
  all(box: BoxId): StoredItem[] {
    return this.memory.all(box);
  }

  /** Counts the entries appended to any box, and the restores. */
  get revision(): number {
    return this.changes;
  }

  /** Reports a change outside of the log, so that views of the store are rebuilt. */
  changed(): void {
    this.changes++;
  }

  /** Whether no write is pending. */
  get isSettled(): boolean {
    return this.late.length === 0;
  }

  copyOf(box: BoxId): BoxCopy {
    return new Map(this.box(box).items);
  }

  /**
   * Restores the box to a copy and drops its pending writes. Items outside of `of` keep their current state.
   */
  restore(box: BoxId, copy: BoxCopy, of: (sk: string) => boolean = () => true): void {
    this.late = this.late.filter((write) => write.box !== box);
    const { items } = this.box(box);
    for (const sk of [...items.keys()]) if (of(sk)) items.delete(sk);
    for (const [sk, item] of copy) if (of(sk)) items.set(sk, item);
    this.before.clear();
    this.changes++;
  }

  /** Deletes some expired items, as the database does at its own pace. @returns the deleted items. */
  expire(box: BoxId, isRemoved: (item: StoredItem) => boolean): readonly StoredItem[] {
    const now = this.clock.now();
    const removed = this.all(box).filter(
      (item) => (item.expiresAtMs ?? Number.POSITIVE_INFINITY) < now && isRemoved(item),
    );
    for (const { sk } of removed) this.box(box).items.delete(sk);
    if (removed.length > 0) this.changes++;
    return removed;
  }

  /** A write takes effect now, never, later, or twice. */
  private async writing<T>(box: BoxId, act: () => T): Promise<T> {
    const { mishaps, chance } = this;
    await this.clock.sleep(this.latency());
    if (chance.happens(mishaps.loseBefore)) throw new NoAnswer('the write was not done');
    if (chance.happens(mishaps.landLate)) {
      this.later(box, act);
      throw new NoAnswer('the write may be done later');
    }
    this.landLate();
    const outcome = act();
    if (chance.happens(mishaps.doubled)) this.later(box, act);
    if (chance.happens(mishaps.loseAfter)) throw new NoAnswer('the write was done');
    return outcome;
  }

  private later(box: BoxId, act: () => unknown): void {
    this.late.push({ atMs: this.clock.now() + this.chance.between(1, LATE_MAX_MS), box, act });
  }

  /**
   * The writes of one call, in parallel. If one gets no answer, the call gets none, and each other write may
   * take effect or not.
   */
  private async each<T, R>(all: readonly T[], write: (one: T) => Promise<R>): Promise<R[]> {
    const outcomes = await Promise.allSettled(all.map(write));
    return outcomes.map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    });
  }

  private async readEach(keys: readonly string[], read: (sk: string) => void): Promise<void> {
    await this.reached();
    const splitAt = this.chance.happens(this.mishaps.splitRead) ? this.chance.between(1, 6) : 0;
    for (const [i, sk] of keys.entries()) {
      if (i > 0 && i === splitAt) await this.clock.sleep(this.latency());
      read(sk);
    }
  }

  private remember(box: BoxId, sk: string): void {
    this.before.set(JSON.stringify([box, sk]), {
      item: this.box(box).read(sk),
      untilMs: this.clock.now() + STALE_MAX_MS,
    });
  }

  private shuffled<T>(all: readonly T[]): readonly T[] {
    return this.chance.happens(0.5) ? all : [...all].reverse();
  }

  private latency(): number {
    return this.chance.between(1, LATENCY_MAX_MS);
  }

  /** A read arrives at the table. */
  private async reached(): Promise<void> {
    await this.clock.sleep(this.latency());
    this.landLate();
    if (this.chance.happens(this.mishaps.failRead)) throw new NoAnswer('the reading failed');
  }

  private landLate(): void {
    const now = this.clock.now();
    const due = this.late.filter(({ atMs }) => atMs <= now).sort((a, b) => a.atMs - b.atMs);
    if (due.length === 0) return;
    this.late = this.late.filter(({ atMs }) => atMs > now);
    for (const { act } of due) act();
  }
}
