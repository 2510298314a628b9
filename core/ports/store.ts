import type { BoxId, StoredItem } from '../model/items.js';

/** The item is as it was read; or it is the head of a box of this epoch, whatever has been committed since. */
export type AsRead = { readonly version: number } | { readonly epoch: string };

/**
 * A write of one item and what must hold for it, or only what must hold beside the other writes. Removing what must not
 * be there writes nothing, and holds others to it.
 */
export type Write =
  | { readonly put: StoredItem; readonly when: 'absent' | AsRead }
  | { readonly remove: string; readonly when: 'absent' | AsRead | 'any' } // any: also where nothing is there
  | { readonly check: string; readonly when: AsRead };

export const keyOfWrite = (write: Write): string =>
  'put' in write ? write.put.sk : 'remove' in write ? write.remove : write.check;

export interface Range {
  readonly from: string; // first key, included
  readonly to: string; // last key, included
  readonly limit: number; // items
  readonly descending?: boolean;
}

export const SNAPSHOT_KEYS_MAX = 100;
export const WRITES_MAX = 95; // of the database's 100, with room for what may join a commit

/**
 * The boxes. Keys sort by their UTF-8 bytes. What each call promises is all that the core relies on.
 * @throws any error when the outcome is not known: a failed read had no effect, a failed write may have been done.
 * @throws SyncProblem `too-many-requests` when nothing was done, since the box is asked for too much; `unavailable` when
 * trying again at once would not help.
 */
export interface Store {
  /**
   * Items as they were at one moment (at most SNAPSHOT_KEYS_MAX keys); a key without item is not in the map.
   * Undefined: a write to one of them was under way.
   * @throws SnapshotTooLarge when they are more than can be read at one moment.
   */
  snapshot(box: BoxId, keys: readonly string[]): Promise<ReadonlyMap<string, StoredItem> | undefined>;

  /** Items as they are, each read after all writes that were answered, but not all at one moment. Any number of keys. */
  get(box: BoxId, keys: readonly string[]): Promise<ReadonlyMap<string, StoredItem>>;

  /** All writes or none (at most WRITES_MAX). `refused`: a condition does not hold, or another write was under way. */
  write(box: BoxId, writes: readonly Write[]): Promise<'written' | 'refused'>;

  /**
   * Items of a range in order, each read after all writes that were answered. A transaction under way may be seen in
   * part. `more`: the range may hold more than was read; fewer items than the limit do not mean the end.
   */
  query(box: BoxId, range: Range): Promise<{ items: readonly StoredItem[]; more: boolean }>;

  /** Keys of at most `limit` items beside the head, read as by a query. None: there are no others. */
  keys(box: BoxId, limit: number): Promise<readonly string[]>;
}

/** The items asked for are too large to be read as of one moment: ask for fewer. */
export class SnapshotTooLarge extends Error {
  override readonly name = 'SnapshotTooLarge';

  constructor(options?: ErrorOptions) {
    super('the items are too large to be read as of one moment', options);
  }
}
