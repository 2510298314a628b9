import type { Clock } from '../../core/clock.js';
import type { BoxId, StoredItem } from '../../core/store/items.js';
import type { Range, Store, Write } from '../../core/store/store.js';
import { holds, keyOfWrite } from './memory-store.js';
import { Chance } from './model-chance.js';
import { TestClock } from './rig.js';

/** How likely each misfortune is, 0 to 1. */
export interface Tears {
  readonly tear: number; // the items of a write appear one by one
  readonly linger: number; // ... over seconds, and not over milliseconds
  readonly refuse: number; // another write is said to be under way
  readonly loseBefore: number; // a write fails and was not done
  readonly loseAfter: number; // a write fails and was done
  readonly landLate: number; // a write fails and is done later, if its conditions hold then
  readonly contend: number; // a snapshot meets a write under way
  readonly failRead: number;
  readonly shortPage: number; // a query gives fewer items than were asked for
  readonly splitRead: number; // the items of one reading are read at two moments
}

export const CALM: Tears = {
  tear: 0,
  linger: 0,
  refuse: 0,
  loseBefore: 0,
  loseAfter: 0,
  landLate: 0,
  contend: 0,
  failRead: 0,
  shortPage: 0,
  splitRead: 0,
};

export const TORN: Tears = {
  tear: 0.7,
  linger: 0.15,
  refuse: 0.05,
  loseBefore: 0.02,
  loseAfter: 0.04,
  landLate: 0.02,
  contend: 0.05,
  failRead: 0.01,
  shortPage: 0.15,
  splitRead: 0.2,
};

const LATENCY_MAX_MS = 12;
const TEAR_MAX_MS = 120;
/** Unit: ms. Later than this after its write an item is seen by everybody. */
export const LINGER_MAX_MS = 5000;

export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/** What an item was at some time; the last one is the truth. */
interface Version {
  readonly item: StoredItem | undefined;
  readonly visibleAtMs: number;
}

interface TornBox {
  readonly cells: Map<string, Version[]>;
  readonly keys: string[]; // in order
}

interface LateWrite {
  readonly atMs: number;
  readonly box: BoxId;
  readonly writes: readonly Write[];
}

/** Everything that a box held at one moment. */
export type BoxCopy = ReadonlyMap<string, StoredItem>;

/**
 * A store that is torn on purpose and still does all that the interface promises: a write that was answered is seen by
 * everybody, one under way in part, in any order; conditions and snapshots see the truth. Chance comes from the seed,
 * time from the clock, whose sleepers let others act in the middle of a call.
 */
export class TornMemoryStore implements Store {
  /** Called with all that is put, at the moment at which it is true. */
  onWritten: (box: BoxId, put: readonly StoredItem[]) => void = () => {};
  private readonly boxes = new Map<BoxId, TornBox>();
  private readonly chance: Chance;
  private readonly clock: Pick<Clock, 'now' | 'sleep'>;
  private late: LateWrite[] = [];

  constructor(
    seed = 1,
    { clock = new TestClock() as Pick<Clock, 'now' | 'sleep'>, tears = TORN as Tears } = {},
  ) {
    this.chance = new Chance(seed);
    this.clock = clock;
    this.tears = tears;
  }

  tears: Tears;

  async snapshot(box: BoxId, keys: readonly string[]) {
    if (new Set(keys).size !== keys.length || keys.length > 100) throw new Error('ValidationException');
    await this.reached();
    if (this.chance.happens(this.tears.contend)) return undefined;
    return new Map(keys.flatMap((sk) => entry(this.truthOf(box, sk))));
  }

  async get(box: BoxId, keys: readonly string[]): Promise<ReadonlyMap<string, StoredItem>> {
    await this.reached();
    const found = new Map<string, StoredItem>();
    for (const part of await this.inParts(this.chance.happens(0.5) ? [...keys] : [...keys].reverse())) {
      for (const sk of await part()) {
        const item = this.seen(box, sk);
        if (item) found.set(sk, item);
      }
    }
    return found;
  }

  async query(box: BoxId, range: Range) {
    await this.reached();
    const { tears, chance } = this;
    const most = chance.happens(tears.shortPage) ? chance.between(1, Math.min(range.limit, 8)) : range.limit;
    const splitAt = chance.happens(tears.splitRead) ? chance.between(1, 6) : most + 1;
    const items = this.seenIn(box, range, splitAt);
    if (items.length === splitAt && splitAt <= most) {
      await this.clock.sleep(this.latency());
      items.push(...this.seenIn(box, range, most + 1 - splitAt, items.at(-1)?.sk));
    }
    // The database says that there may be more also where it has just read the last one.
    const more = items.length > most || (items.length === most && chance.happens(0.5));
    return { items: items.slice(0, most), more };
  }

  async write(box: BoxId, writes: readonly Write[]): Promise<'written' | 'refused'> {
    if (new Set(writes.map(keyOfWrite)).size !== writes.length || writes.length > 100) {
      throw new Error('ValidationException');
    }
    const { tears, chance } = this;
    await this.clock.sleep(this.latency());
    if (chance.happens(tears.refuse)) return 'refused';
    if (chance.happens(tears.loseBefore)) throw new NoAnswer('the write was not done');
    if (chance.happens(tears.landLate)) {
      this.late.push({ atMs: this.clock.now() + chance.between(1, LINGER_MAX_MS), box, writes });
      throw new NoAnswer('the write may be done later');
    }
    this.landLate();
    return this.writeAtOnce(box, writes);
  }

  /** Whether the conditions hold, as a transaction finds them that has more to decide on. */
  wouldHold(box: BoxId, writes: readonly Write[]): boolean {
    return writes.every((write) => holds(write, this.truthOf(box, keyOfWrite(write))));
  }

  /** The write that has reached the store; it is answered once all of it can be seen. */
  async writeAtOnce(box: BoxId, writes: readonly Write[]): Promise<'written' | 'refused'> {
    if (!this.wouldHold(box, writes)) return 'refused';
    const visibleMs = this.apply(box, writes);
    if (this.chance.happens(this.tears.loseAfter)) throw new NoAnswer('the write was done');
    const rest = visibleMs - this.clock.now();
    if (rest > 0) await this.clock.sleep(rest);
    return 'written';
  }

  /** What is true of a box, in the order of keys. */
  truth(box: BoxId): StoredItem[] {
    const { keys } = this.box(box);
    return keys.flatMap((sk) => this.truthOf(box, sk) ?? []);
  }

  /** Whether everything that is true can be seen, and no write is on its way. */
  get isSettled(): boolean {
    const now = this.clock.now();
    if (this.late.length > 0) return false;
    for (const { cells } of this.boxes.values()) {
      for (const versions of cells.values()) if ((versions.at(-1)?.visibleAtMs ?? 0) > now) return false;
    }
    return true;
  }

  copyOf(box: BoxId): BoxCopy {
    return new Map(this.truth(box).map((item) => [item.sk, item]));
  }

  /** The box as it was when it was copied. What was on its way is lost. */
  restore(box: BoxId, copy: BoxCopy): void {
    this.late = this.late.filter((write) => write.box !== box);
    this.boxes.set(box, { cells: new Map(), keys: [] });
    for (const item of copy.values()) this.lay(box, item.sk, item, 0);
  }

  /** Some of what has passed its time is removed, as the database does it in its own time. */
  expire(box: BoxId, probability = 0.5): void {
    const now = this.clock.now();
    for (const { sk, expiresAtMs } of this.truth(box)) {
      if (expiresAtMs !== undefined && expiresAtMs < now && this.chance.happens(probability)) {
        this.lay(box, sk, undefined, now);
      }
    }
  }

  private box(box: BoxId): TornBox {
    let found = this.boxes.get(box);
    if (!found) {
      found = { cells: new Map(), keys: [] };
      this.boxes.set(box, found);
    }
    return found;
  }

  private truthOf(box: BoxId, sk: string): StoredItem | undefined {
    return this.box(box).cells.get(sk)?.at(-1)?.item;
  }

  /** What a reader sees who asks now. */
  private seen(box: BoxId, sk: string): StoredItem | undefined {
    const versions = this.box(box).cells.get(sk);
    if (!versions) return undefined;
    const now = this.clock.now();
    return versions.findLast(({ visibleAtMs }) => visibleAtMs <= now)?.item;
  }

  private seenIn(
    box: BoxId,
    { from, to, descending = false }: Range,
    most: number,
    after?: string,
  ): StoredItem[] {
    const { keys } = this.box(box);
    const start = descending ? lowerBound(keys, to, true) - 1 : lowerBound(keys, from, false);
    const items: StoredItem[] = [];
    for (let i = start; i >= 0 && i < keys.length && items.length < most; i += descending ? -1 : 1) {
      const sk = keys[i] as string;
      if (descending ? byUtf8(sk, from) < 0 : byUtf8(sk, to) > 0) break;
      if (after !== undefined && (descending ? byUtf8(sk, after) >= 0 : byUtf8(sk, after) <= 0)) continue;
      const item = this.seen(box, sk);
      if (item) items.push(item);
    }
    return items;
  }

  private async inParts(keys: string[]): Promise<(() => Promise<string[]>)[]> {
    if (keys.length < 2 || !this.chance.happens(this.tears.splitRead)) return [async () => keys];
    const at = this.chance.between(1, keys.length - 1);
    return [
      async () => keys.slice(0, at),
      async () => {
        await this.clock.sleep(this.latency());
        return keys.slice(at);
      },
    ];
  }

  private latency(): number {
    return this.chance.between(1, LATENCY_MAX_MS);
  }

  /** A reading has come to the store. */
  private async reached(): Promise<void> {
    await this.clock.sleep(this.latency());
    this.landLate();
    if (this.chance.happens(this.tears.failRead)) throw new NoAnswer('the reading failed');
  }

  private landLate(): void {
    const now = this.clock.now();
    const due = this.late.filter(({ atMs }) => atMs <= now).sort((a, b) => a.atMs - b.atMs);
    if (due.length === 0) return;
    this.late = this.late.filter(({ atMs }) => atMs > now);
    // Nobody has looked since, so it is as if it had been done at its time.
    for (const { box, writes, atMs } of due) {
      if (this.wouldHold(box, writes)) this.apply(box, writes, atMs);
    }
  }

  /** @returns when the last of the items can be seen. */
  private apply(box: BoxId, writes: readonly Write[], now = this.clock.now()): number {
    const isTorn = this.chance.happens(this.tears.tear);
    const most = this.chance.happens(this.tears.linger) ? LINGER_MAX_MS : TEAR_MAX_MS;
    let last = now;
    const put: StoredItem[] = [];
    for (const write of writes) {
      const visibleAtMs = isTorn ? now + this.chance.between(0, most) : now;
      const item = 'put' in write ? frozen(write.put) : undefined;
      if (item) put.push(item);
      last = Math.max(last, this.lay(box, keyOfWrite(write), item, visibleAtMs));
    }
    this.onWritten(box, put);
    return last;
  }

  /** Lays a version over those that there are; it is not seen before them. */
  private lay(box: BoxId, sk: string, item: StoredItem | undefined, visibleAtMs: number): number {
    const { cells, keys } = this.box(box);
    const versions = cells.get(sk) ?? [];
    if (versions.length === 0) {
      cells.set(sk, versions);
      keys.splice(lowerBound(keys, sk, false), 0, sk);
    }
    const at = Math.max(visibleAtMs, versions.at(-1)?.visibleAtMs ?? 0);
    const now = this.clock.now();
    const current = versions.findLastIndex((version) => version.visibleAtMs <= now);
    if (current > 0) versions.splice(0, current);
    versions.push({ item, visibleAtMs: at });
    return at;
  }
}

const entry = (item: StoredItem | undefined): [string, StoredItem][] => (item ? [[item.sk, item]] : []);

/** A copy that nobody can change: readers share it. */
const frozen = (item: StoredItem): StoredItem => deepFreeze(JSON.parse(JSON.stringify(item)) as StoredItem);

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}

/** The order of UTF-8, which is that of code points. */
function byUtf8(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return isSurrogate(x) !== isSurrogate(y) ? (isSurrogate(x) ? 1 : -1) : x - y;
  }
  return a.length - b.length;
}

const isSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff;

/** Index of the first key that is not before this one, or with `behind` of the first one behind it. */
function lowerBound(keys: readonly string[], key: string, behind: boolean): number {
  let low = 0;
  for (let high = keys.length; low < high; ) {
    const middle = (low + high) >> 1;
    const order = byUtf8(keys[middle] as string, key);
    if (order < 0 || (behind && order === 0)) low = middle + 1;
    else high = middle;
  }
  return low;
}
