import { packed, unpacked } from '../../core/log/overflow.js';
import { byKey } from '../../core/log/view.js';
import {
  applied,
  contentVersionOf,
  latestVersionOf,
  stateVersionOf,
  type ViewWrite,
} from '../../core/model/effects.js';
import type { BoxId, Idempotency, StoredDevice } from '../../core/model/items.js';
import { deviceKey, isRegistryKey } from '../../core/model/keys.js';
import type { Effect, LogEntry } from '../../core/model/log-entry.js';
import type { StoredItem } from '../../core/model/stored-item.js';
import type {
  DeviceAdvance,
  Items,
  ProgressChange,
  Projected,
  Range,
  Store,
} from '../../core/ports/store.js';
import { frozen } from './frozen.js';

/** The order of keys: by their bytes in UTF-8. */
export const byteOrder = byKey;

/** Items by key, with their keys in order. */
class KeyedItems extends Map<string, StoredItem> {
  private inOrder: readonly string[] | undefined;

  /** Keys by their bytes in UTF-8. */
  get sorted(): readonly string[] {
    this.inOrder ??= [...this.keys()].sort(byteOrder);
    return this.inOrder;
  }

  override set(sk: string, item: StoredItem): this {
    if (this.inOrder && !this.has(sk))
      this.inOrder = this.inOrder.toSpliced(firstNotBefore(this.inOrder, sk), 0, sk);
    return super.set(sk, item);
  }

  override delete(sk: string): boolean {
    this.inOrder = undefined;
    return super.delete(sk);
  }
}

/** The items of one box. Each call on one item is one step. Every store in memory is built from these. */
export class MemoryBox {
  readonly items = new KeyedItems();

  get keys(): readonly string[] {
    return this.items.sorted;
  }

  read(sk: string): StoredItem | undefined {
    const item = this.items.get(sk);
    return item?.kind === 'entry' ? unpacked(item) : item;
  }

  put(item: StoredItem): void {
    this.items.set(item.sk, frozen(item.kind === 'entry' ? packed(item) : item));
  }

  append(entry: LogEntry): LogEntry {
    const there = this.read(entry.sk);
    if (there?.kind === 'entry') return there;
    this.put(entry);
    return entry;
  }

  /** @returns the connection that is dropped, and whether the write must wait */
  project(write: ViewWrite): { waits: boolean; dropped: readonly string[] } {
    const before = this.items.get(write.sk);
    const { sk, version, expiresAtMs, content, state } = write;
    const expiry = expiresAtMs !== undefined ? { expiresAtMs } : {};
    const withContent = content ? applied(before, { sk, ...expiry, content } as Effect, version) : before;
    const dropped =
      before?.kind === 'device' &&
      withContent !== before &&
      !isSameRegistration(before, withContent) &&
      before.connectionId
        ? [before.connectionId]
        : [];
    if (withContent && withContent !== before) this.put(withContent);
    if (state === undefined) return { waits: false, dropped };
    if (sk.startsWith('D#') && state) {
      const { since } = state as Idempotency;
      const device = withContent?.kind === 'device' ? withContent : undefined;
      if (device?.since !== since) {
        return { waits: !(withContent && contentVersionOf(withContent) > since), dropped };
      }
    }
    const next = applied(withContent, { sk, ...expiry, state } as Effect, version);
    if (next && next !== withContent) this.put(expiresAtMs === undefined ? next : { ...next, expiresAtMs });
    return { waits: false, dropped };
  }

  /**
   * The device before the change. Undefined: no device is registered with this instance, or it differs from
   * the expected one.
   */
  change(
    sk: string,
    instanceId: string,
    set: ProgressChange,
    expect: ProgressChange = {},
  ): StoredDevice | undefined {
    const device = this.items.get(sk);
    if (device?.kind !== 'device' || device.instanceId !== instanceId) return undefined;
    const asRead = Object.entries(expect) as [keyof StoredDevice, unknown][];
    if (asRead.some(([field, value]) => device[field] !== value)) return undefined;
    this.put({ ...device, ...set } as StoredDevice);
    return device;
  }

  replace(read: StoredItem, next: StoredItem): boolean {
    const there = this.items.get(read.sk);
    const isAsRead =
      there !== undefined &&
      contentVersionOf(there) === contentVersionOf(read) &&
      stateVersionOf(there) === stateVersionOf(read);
    if (isAsRead) this.put(next);
    return isAsRead;
  }

  remove(sk: string, upTo: number): void {
    const there = this.items.get(sk);
    if (there && latestVersionOf(there) <= upTo) this.items.delete(sk);
  }

  /** Keys of a range in its order. */
  keysIn({ from, to, descending = false }: Omit<Range, 'limit'>): string[] {
    const isRegistry = isRegistryKey(from);
    const last = firstNotBefore(this.keys, to);
    const end = this.keys[last] === to ? last + 1 : last;
    const keys = this.keys.slice(firstNotBefore(this.keys, from), end);
    const inRange = keys.filter((sk) => isRegistryKey(sk) === isRegistry);
    return descending ? inRange.reverse() : inRange;
  }
}

/** Index of the first key that is not before this one. */
function firstNotBefore(keys: readonly string[], key: string): number {
  let low = 0;
  for (let high = keys.length; low < high; ) {
    const middle = (low + high) >> 1;
    if (byteOrder(keys[middle] as string, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

const isSameRegistration = (before: StoredDevice, after: StoredItem | undefined): boolean =>
  after?.kind === 'device' && after.since === before.since;

/** The boxes in memory. Each call is one step, and promises no more than the interface does. */
export class MemoryStore implements Store {
  readonly boxes = new Map<BoxId, MemoryBox>();

  box(box: BoxId): MemoryBox {
    const found = this.boxes.get(box) ?? new MemoryBox();
    this.boxes.set(box, found);
    return found;
  }

  async get(box: BoxId, keys: readonly string[]): Promise<ReadonlyMap<string, StoredItem>> {
    const found = keys.map((sk) => this.box(box).read(sk)).filter((item) => item !== undefined);
    return new Map(found.map((item) => [item.sk, item]));
  }

  getStale(box: BoxId, keys: readonly string[]): Promise<ReadonlyMap<string, StoredItem>> {
    return this.get(box, keys);
  }

  async query(box: BoxId, range: Range): Promise<Items> {
    const keys = this.box(box).keysIn(range);
    const read = keys.slice(0, range.limit);
    const more = keys.length > range.limit;
    const last = read.at(-1);
    return {
      items: read.flatMap((sk) => this.box(box).read(sk) ?? []),
      more,
      ...(more && last !== undefined && { last }),
    };
  }

  async append(box: BoxId, entry: LogEntry): Promise<LogEntry> {
    return this.box(box).append(entry);
  }

  async put(box: BoxId, item: StoredItem, when: 'absent' | 'always'): Promise<boolean> {
    if (when === 'absent' && this.box(box).items.has(item.sk)) return false;
    this.box(box).put(item);
    return true;
  }

  async project(box: BoxId, writes: readonly ViewWrite[], advance?: DeviceAdvance): Promise<Projected> {
    const done = writes.map((write) => this.box(box).project(write));
    const isGone =
      advance !== undefined &&
      !this.box(box).change(deviceKey(advance.deviceId), advance.instanceId, advance.set);
    return {
      outcome: isGone ? 'deviceGone' : done.some(({ waits }) => waits) ? 'waits' : 'done',
      dropped: done.flatMap(({ dropped }) => dropped),
    };
  }

  async replace(box: BoxId, items: readonly { readonly read: StoredItem; readonly next: StoredItem }[]) {
    return items.filter(({ read, next }) => this.box(box).replace(read, next)).map(({ read }) => read.sk);
  }

  async remove(box: BoxId, keys: readonly string[], upTo: number): Promise<void> {
    for (const sk of keys) this.box(box).remove(sk, upTo);
  }

  async keys(box: BoxId, limit: number, after?: string) {
    // Items of the registry's table follow all others.
    const order = (sk: string) => (isRegistryKey(sk) ? 1 : 0);
    const all = [...this.box(box).keys].sort((a, b) => order(a) - order(b) || byteOrder(a, b));
    const isBehind = (sk: string, key: string) =>
      order(sk) === order(key) ? byteOrder(sk, key) > 0 : order(sk) > order(key);
    const behind = after === undefined ? all : all.filter((sk) => isBehind(sk, after));
    return { keys: behind.slice(0, limit), more: behind.length > limit };
  }

  /** Deletes expired items, as the database does, and returns them. */
  removeExpired(box: BoxId, nowMs: number): readonly StoredItem[] {
    const items = [...this.box(box).items.values()];
    const gone = items.filter(({ expiresAtMs = Number.POSITIVE_INFINITY }) => expiresAtMs <= nowMs);
    for (const { sk } of gone) this.box(box).items.delete(sk);
    return gone;
  }

  /** All items of a box, in key order. */
  all(box: BoxId): StoredItem[] {
    return this.box(box).keys.flatMap((sk) => this.box(box).read(sk) ?? []);
  }
}
