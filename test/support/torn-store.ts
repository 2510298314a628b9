import type { Clock } from '../../core/ports/clock.js';
import type { BoxId, StoredItem } from '../../core/model/items.js';
import { HEAD_KEY } from '../../core/model/keys.js';
import { keyOfWrite, type Range, type Store, type Write } from '../../core/ports/store.js';
import { frozen } from './frozen.js';
import { holds } from './memory-store.js';
import { Chance } from './model/chance.js';
import { TestClock } from './rig.js';
import { TornBox } from './torn-box.js';

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
  private restored = 0; // revisions of boxes that were restored

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
    return new Map(keys.flatMap((sk) => entry(this.box(box).truthOf(sk))));
  }

  async get(box: BoxId, keys: readonly string[]): Promise<ReadonlyMap<string, StoredItem>> {
    await this.reached();
    const found = new Map<string, StoredItem>();
    for (const part of await this.inParts(this.chance.happens(0.5) ? [...keys] : [...keys].reverse())) {
      for (const sk of await part()) {
        const item = this.box(box).seen(sk, this.clock.now());
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
    const seenNow = (count: number, after?: string) =>
      this.box(box).seenIn(range, { nowMs: this.clock.now(), most: count, after });
    const items = seenNow(splitAt);
    if (items.length === splitAt && splitAt <= most) {
      await this.clock.sleep(this.latency());
      items.push(...seenNow(most + 1 - splitAt, items.at(-1)?.sk));
    }
    // The database says that there may be more also where it has just read the last one.
    const more = items.length > most || (items.length === most && chance.happens(0.5));
    return { items: items.slice(0, most), more };
  }

  async keys(box: BoxId, limit: number) {
    for (let from = '!'; ; ) {
      const { items, more } = await this.query(box, { from, to: '~', limit });
      const keys = items.flatMap(({ sk }) => (sk === HEAD_KEY ? [] : sk));
      if (keys.length > 0 || !more) return keys;
      from = `${HEAD_KEY}~`;
    }
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
    return writes.every((write) => holds(write, this.box(box).truthOf(keyOfWrite(write))));
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
    return this.box(box).truth;
  }

  /** One more with each change of what is true of any box. */
  get revision(): number {
    let sum = this.restored;
    for (const { revision } of this.boxes.values()) sum += revision;
    return sum;
  }

  /** Whether everything that is true can be seen, and no write is on its way. */
  get isSettled(): boolean {
    const now = this.clock.now();
    return this.late.length === 0 && [...this.boxes.values()].every((box) => box.isSettled(now));
  }

  copyOf(box: BoxId): BoxCopy {
    return new Map(this.truth(box).map((item) => [item.sk, item]));
  }

  /** The box as it was when it was copied. What was on its way is lost. */
  restore(box: BoxId, copy: BoxCopy): void {
    this.late = this.late.filter((write) => write.box !== box);
    this.restored += this.box(box).revision + 1; // a change too where nothing was in the copy
    const again = new TornBox();
    this.boxes.set(box, again);
    const nowMs = this.clock.now();
    for (const item of copy.values()) again.lay(item.sk, item, { visibleAtMs: 0, nowMs });
  }

  /** Some of what has passed its time is removed, as the database does it in its own time. @returns what it was. */
  expire(box: BoxId, probability = 0.5): readonly StoredItem[] {
    const now = this.clock.now();
    const removed = this.truth(box).filter(
      ({ expiresAtMs }) => expiresAtMs !== undefined && expiresAtMs < now && this.chance.happens(probability),
    );
    for (const { sk } of removed) this.box(box).lay(sk, undefined, { visibleAtMs: now, nowMs: now });
    return removed;
  }

  private box(box: BoxId): TornBox {
    const found = this.boxes.get(box) ?? new TornBox();
    this.boxes.set(box, found);
    return found;
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
  private apply(box: BoxId, writes: readonly Write[], nowMs = this.clock.now()): number {
    const { chance, tears } = this;
    const isTorn = chance.happens(tears.tear);
    const most = chance.happens(tears.linger) ? LINGER_MAX_MS : TEAR_MAX_MS;
    const there = this.box(box);
    let last = nowMs;
    const put: StoredItem[] = [];
    for (const write of writes) {
      if ('check' in write) continue;
      const visibleAtMs = isTorn ? nowMs + chance.between(0, most) : nowMs;
      const item = 'put' in write ? frozen(write.put) : undefined;
      if (item) put.push(item);
      last = Math.max(last, there.lay(keyOfWrite(write), item, { visibleAtMs, nowMs: this.clock.now() }));
    }
    this.onWritten(box, put);
    return last;
  }
}

const entry = (item: StoredItem | undefined): [string, StoredItem][] => (item ? [[item.sk, item]] : []);
