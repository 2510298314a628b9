import {
  applied,
  contentVersionOf,
  latestVersionOf,
  type ViewWrite,
  viewWritesOf,
} from '../model/effects.js';
import type { BoxId } from '../model/items.js';
import type { Effect, Head, LogEntry } from '../model/log-entry.js';
import type { StoredItem } from '../model/stored-item.js';
import { indexOf, UNWRITTEN } from '../model/version.js';
import type { Core } from '../ports/core.js';
import type { Items, Range } from '../ports/store.js';
import { type Tail, withUnprojected } from './tail.js';

interface VersionedEffect {
  readonly effect: Effect | ViewWrite;
  readonly version: number;
}

/**
 * The items of a box as of the newest entry of a tail, or later. Items in the store follow the log: an entry may not be
 * applied to them yet. So every read applies the entries of the tail over the items that it read.
 * Proof: the tail has all entries after `projected`, and the earlier ones were applied before the tail was read. An item
 * that is read afterwards shows at least those, and the tail has the later ones. Versions of parts only grow, so applying
 * an entry twice changes nothing.
 */
export class BoxView {
  private readonly effects = new Map<string, VersionedEffect[]>();
  readonly nowMs: number;

  /**
   * @param head that the view is as of, at least
   * @param entries all behind the one up to which items were known to be applied, before the items are read
   * @param ahead ranges that are being read already, by name
   */
  constructor(
    private readonly core: Pick<Core, 'store' | 'clock'>,
    private readonly box: BoxId,
    readonly head: Head,
    entries: readonly LogEntry[],
    private readonly ahead = new Map<string, Promise<Items>>(),
  ) {
    this.nowMs = core.clock.now();
    for (const entry of entries) this.layOver(entry);
  }

  /** Makes this the view as of an entry that was appended since. */
  layOver({ effects, version, atMs }: LogEntry): void {
    for (const effect of effects) {
      this.add(effect, version);
      // A large content is an item of its own, which may be written later than the item that refers to it.
      for (const write of viewWritesOf(effect, version, atMs))
        if (write.sk !== effect.sk) this.add(write, version);
    }
  }

  private add(effect: Effect | ViewWrite, version: number): void {
    const all = this.effects.get(effect.sk) ?? [];
    all.push({ effect, version });
    this.effects.set(effect.sk, all);
  }

  async get(keys: readonly string[]): Promise<ReadonlyMap<string, StoredItem>> {
    const wanted = [...new Set(keys)];
    if (wanted.length === 0) return new Map();
    const read = await this.core.store.get(this.box, wanted);
    const items = wanted.map((sk) => this.laidOver(sk, read.get(sk)));
    return new Map(items.flatMap((item) => (item ? [[item.sk, item]] : [])));
  }

  /** Items of a range, including those that are only in the log so far. */
  async query(range: Range): Promise<Items> {
    const key = nameOf(range);
    const ahead = this.ahead.get(key);
    this.ahead.delete(key);
    const { items, more, last } = await (ahead ?? this.core.store.query(this.box, range));
    const { descending = false } = range;
    const end = { more, ...(last !== undefined && { last }) };
    const reaches = (sk: string): boolean => {
      if (byKey(sk, range.from) < 0 || byKey(sk, range.to) > 0) return false;
      if (!more) return true;
      return last !== undefined && (descending ? byKey(sk, last) >= 0 : byKey(sk, last) <= 0);
    };
    const read = new Map(items.map((item) => [item.sk, item]));
    const missing = [...this.effects.keys()].filter((sk) => !read.has(sk) && reaches(sk));
    if (missing.length === 0) {
      return { items: items.flatMap((item) => this.laidOver(item.sk, item) ?? []), ...end };
    }
    const keys = [...read.keys(), ...missing].sort((a, b) => (descending ? byKey(b, a) : byKey(a, b)));
    return { items: keys.flatMap((sk) => this.laidOver(sk, read.get(sk)) ?? []), ...end };
  }

  /**
   * An item that was read after the tail, with the entries of the tail applied. Items of an earlier life of the box are
   * ignored.
   * @param withExpired also the state of an item that has expired and that the database may have removed already
   */
  laidOver(sk: string, read: StoredItem | undefined, withExpired = false): StoredItem | undefined {
    let item = read && this.isOfThisLife(read) ? read : undefined;
    for (const { effect, version } of this.effects.get(sk) ?? []) {
      const { expiresAtMs = Number.POSITIVE_INFINITY } = effect;
      const isNothing = item === undefined || contentVersionOf(item) === UNWRITTEN;
      if (isNothing && expiresAtMs <= this.nowMs && !withExpired) continue;
      item = applied(item, effect, version);
    }
    return item;
  }

  private isOfThisLife(item: StoredItem): boolean {
    const version = latestVersionOf(item);
    return version === UNWRITTEN || indexOf(version) >= this.head.firstIndex;
  }
}

/** Ranges that differ only in their limit have one name: more items than requested are harmless. */
const nameOf = ({ from, to, descending = false }: Range): string => JSON.stringify([from, to, descending]);

/** Starts reading ranges. The first query for each of them takes its result. */
export function readAhead(
  { store }: Pick<Core, 'store'>,
  box: BoxId,
  ranges: readonly Range[],
): Map<string, Promise<Items>> {
  const ahead = new Map(ranges.map((range) => [nameOf(range), store.query(box, range)]));
  for (const items of ahead.values()) items.catch(() => undefined); // the query that takes them gets the error
  return ahead;
}

/**
 * The view as of the head of a tail.
 * @param ranges that will be queried: they are read at the same time as the effects of large entries
 */
export async function viewOf(
  core: Core,
  box: BoxId,
  tail: Tail,
  ranges: readonly Range[] = [],
): Promise<BoxView> {
  const ahead = readAhead(core, box, ranges);
  const { head, behind } = await withUnprojected(core, box, tail);
  return new BoxView(core, box, head, behind, ahead);
}

/** Compares keys by their UTF-8 bytes, as the database does. Strings compare by UTF-16, which differs for surrogates. */
export const byKey = (a: string, b: string): number =>
  SURROGATE.test(a) || SURROGATE.test(b)
    ? Buffer.compare(Buffer.from(a), Buffer.from(b))
    : a < b
      ? -1
      : a > b
        ? 1
        : 0;
const SURROGATE = /[\uD800-\uDFFF]/;
