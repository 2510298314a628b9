import type { DeviceId, InstanceId } from '../../protocol/ids.js';
import type { ViewWrite } from '../model/effects.js';
import type { BoxId, DeviceProgress, StoredItem } from '../model/items.js';
import type { LogEntry } from '../model/log-entry.js';

export interface Range {
  readonly from: string; // first key, included
  readonly to: string; // last key, included
  readonly limit: number; // items
  readonly descending?: boolean;
}

export interface Items {
  readonly items: readonly StoredItem[];
  readonly more: boolean; // the range may hold more than was read
  readonly last?: string; // key up to which it was read, where there may be more; it need not be that of an item
}

/** Fields of a device's progress to set; undefined removes a field. */
export type ProgressChange = { readonly [K in keyof DeviceProgress]?: DeviceProgress[K] | undefined };

export interface Projected {
  /** `waits`: a device's part has to wait for its registration; `deviceGone`: there is no such instance to advance. */
  readonly outcome: 'done' | 'waits' | 'deviceGone';
  /** Connections of devices that were revoked or replaced by this write. */
  readonly dropped: readonly string[];
}

/** What becomes of a device together with a projection: written with the device's own item, in the same call. */
export interface DeviceAdvance {
  readonly deviceId: DeviceId;
  readonly instanceId: InstanceId;
  readonly set: ProgressChange;
}

/**
 * The boxes. Keys sort by their UTF-8 bytes. What each call promises is all that the core relies on: each item is
 * linearizable, and nothing else. A query and a batch of gets show each item as it is, but not all as of one moment.
 * @throws any error when the outcome is not known: a failed read had no effect, a failed write may have been done, or may
 * still be done later.
 * @throws SyncProblem `too-many-requests` when nothing was done, since too much is asked of the box; `unavailable` when
 * trying again at once would not help, or an item has a newer format.
 */
export interface Store {
  /** Items as they are, each read after all writes that were answered. Any number of keys. */
  get(box: BoxId, keys: readonly string[]): Promise<ReadonlyMap<string, StoredItem>>;

  /** The same at half the price, and perhaps as they were a moment ago: for what decides nothing. */
  getStale(box: BoxId, keys: readonly string[]): Promise<ReadonlyMap<string, StoredItem>>;

  /** Items of a range in order, each read after all writes that were answered. Fewer items than the limit are no end. */
  query(box: BoxId, range: Range): Promise<Items>;

  /** Puts an entry of the log under its index. The one write that decides. @returns the entry that has the index. */
  append(box: BoxId, entry: LogEntry): Promise<LogEntry>;

  /** Puts an item that no entry decides: aside of an entry that follows, or the anchor. False: it is there already. */
  put(box: BoxId, item: StoredItem, when: 'absent' | 'always'): Promise<boolean>;

  /** Writes parts of items where these are older, and with `advance` the progress of a device. */
  project(box: BoxId, writes: readonly ViewWrite[], advance?: DeviceAdvance): Promise<Projected>;

  /** Replaces items by others where both parts are still as they were read. @returns keys of those that were replaced. */
  replace(
    box: BoxId,
    items: readonly { readonly read: StoredItem; readonly next: StoredItem }[],
  ): Promise<readonly string[]>;

  /** Removes items, those with versions only where these are at most `upTo`. */
  remove(box: BoxId, keys: readonly string[], upTo: number): Promise<void>;

  /** Keys of all items of a box, those of its devices too, in pages: at most `limit`, behind `after`. */
  keys(
    box: BoxId,
    limit: number,
    after?: string,
  ): Promise<{ readonly keys: readonly string[]; readonly more: boolean }>;
}
