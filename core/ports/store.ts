import type { DeviceId, InstanceId } from '../../protocol/ids.js';
import type { ViewWrite } from '../model/effects.js';
import type { BoxId, DeviceProgress } from '../model/items.js';
import type { LogEntry } from '../model/log-entry.js';
import type { StoredItem } from '../model/stored-item.js';

export interface Range {
  readonly from: string; // first key, included
  readonly to: string; // last key, included
  readonly limit: number; // items
  readonly descending?: boolean;
}

export interface Items {
  readonly items: readonly StoredItem[];
  readonly more: boolean; // the range may hold more than was read
  readonly last?: string; // key up to which it was read, if there may be more; there need not be an item under it
}

/** Fields of a device's progress to set; undefined removes a field. */
export type ProgressChange = { readonly [K in keyof DeviceProgress]?: DeviceProgress[K] | undefined };

export interface Projected {
  /** `waits`: a part of a device has to wait for its registration; `deviceGone`: the instance to advance does not exist. */
  readonly outcome: 'done' | 'waits' | 'deviceGone';
  /** Connections of devices that were revoked or replaced by this write. */
  readonly dropped: readonly string[];
}

/** New progress of a device, written together with a projection: in one call with the item of the device. */
export interface DeviceAdvance {
  readonly deviceId: DeviceId;
  readonly instanceId: InstanceId;
  readonly set: ProgressChange;
}

/**
 * The boxes. Keys sort by their UTF-8 bytes. The core relies only on these promises: each item is linearizable, and nothing
 * else. A query and a batch of gets show each item as it is, but not all items as of one moment.
 * @throws any error when the outcome is not known: a failed write may have been done, or may still be done later.
 * @throws SyncProblem `too-many-requests` when nothing was done because the box is throttled; `unavailable` when an
 * immediate retry would not help, or an item has a newer format.
 */
export interface Store {
  /** Items as they are, each read after all writes that were answered. Any number of keys. */
  get(box: BoxId, keys: readonly string[]): Promise<ReadonlyMap<string, StoredItem>>;

  /** The same at half the price, but possibly stale: only for reads that no decision depends on. */
  getStale(box: BoxId, keys: readonly string[]): Promise<ReadonlyMap<string, StoredItem>>;

  /** Items of a range in order, each read after all writes that were answered. There may be more even below the limit. */
  query(box: BoxId, range: Range): Promise<Items>;

  /** Puts a log entry under its index, if that is free. Only this write decides. @returns the entry that has the index. */
  append(box: BoxId, entry: LogEntry): Promise<LogEntry>;

  /** Puts an item before the entry that names it, or the anchor. False: with `absent`, the item exists already. */
  put(box: BoxId, item: StoredItem, when: 'absent' | 'always'): Promise<boolean>;

  /** Writes parts of items that are older, and with `advance` the progress of a device. */
  project(box: BoxId, writes: readonly ViewWrite[], advance?: DeviceAdvance): Promise<Projected>;

  /** Replaces items if both parts are still as they were read. @returns keys of the items that were replaced. */
  replace(
    box: BoxId,
    items: readonly { readonly read: StoredItem; readonly next: StoredItem }[],
  ): Promise<readonly string[]>;

  /** Removes items whose versions are at most `upTo`. */
  remove(box: BoxId, keys: readonly string[], upTo: number): Promise<void>;

  /** Keys of all items of a box, those of its devices included, in pages of at most `limit` keys after `after`. */
  keys(
    box: BoxId,
    limit: number,
    after?: string,
  ): Promise<{ readonly keys: readonly string[]; readonly more: boolean }>;
}
