import type { StoredItem } from '../../core/model/items.js';
import type { Range } from '../../core/ports/store.js';

/** What an item was at some time; the last one is the truth. */
interface Version {
  readonly item: StoredItem | undefined;
  readonly visibleAtMs: number;
}

/** The items of one box, each with what it was as long as somebody may still see that. */
export class TornBox {
  /** One more with each change of what is true. */
  revision = 0;
  private readonly cells = new Map<string, Version[]>();
  private readonly keys: string[] = []; // in order
  private settledAtMs = 0;

  /** What is true, in the order of keys. */
  get truth(): StoredItem[] {
    return this.keys.flatMap((sk) => this.truthOf(sk) ?? []);
  }

  truthOf(sk: string): StoredItem | undefined {
    return this.cells.get(sk)?.at(-1)?.item;
  }

  /** Whether everything that is true can be seen. */
  isSettled(nowMs: number): boolean {
    return this.settledAtMs <= nowMs;
  }

  /** What a reader sees who asks now. */
  seen(sk: string, nowMs: number): StoredItem | undefined {
    const versions = this.cells.get(sk);
    if (!versions) return undefined;
    for (let i = versions.length - 1; i >= 0; i--) {
      const version = versions[i];
      if (version && version.visibleAtMs <= nowMs) return version.item;
    }
    return undefined;
  }

  /** What a reader sees of a range who asks now, at most so many, and behind the key `after` alone. */
  seenIn(
    { from, to, descending = false }: Range,
    { nowMs, most, after }: { nowMs: number; most: number; after?: string | undefined },
  ): StoredItem[] {
    const { keys } = this;
    const start = descending ? lowerBound(keys, to, true) - 1 : lowerBound(keys, from, false);
    const items: StoredItem[] = [];
    for (let i = start; i >= 0 && i < keys.length && items.length < most; i += descending ? -1 : 1) {
      const sk = keys[i] as string;
      if (descending ? byUtf8(sk, from) < 0 : byUtf8(sk, to) > 0) break;
      if (after !== undefined && (descending ? byUtf8(sk, after) >= 0 : byUtf8(sk, after) <= 0)) continue;
      const item = this.seen(sk, nowMs);
      if (item) items.push(item);
    }
    return items;
  }

  /** Lays a version over those that there are; it is not seen before them. @returns when it can be seen. */
  lay(
    sk: string,
    item: StoredItem | undefined,
    { visibleAtMs, nowMs }: { visibleAtMs: number; nowMs: number },
  ): number {
    this.revision++;
    const versions = this.cells.get(sk) ?? [];
    if (versions.length === 0) {
      this.cells.set(sk, versions);
      this.keys.splice(lowerBound(this.keys, sk, false), 0, sk);
    }
    const at = Math.max(visibleAtMs, versions.at(-1)?.visibleAtMs ?? 0);
    const current = versions.findLastIndex((version) => version.visibleAtMs <= nowMs);
    if (current > 0) versions.splice(0, current);
    versions.push({ item, visibleAtMs: at });
    this.settledAtMs = Math.max(this.settledAtMs, at);
    return at;
  }
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
