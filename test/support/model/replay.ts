import { applied, latestVersionOf } from '../../../core/model/effects.js';
import type { LogEntry } from '../../../core/model/log-entry.js';
import type { StoredItem } from '../../../core/model/stored-item.js';

/**
 * The items of a box computed from its log, entry by entry, without the view. The view must become equal to
 * them, and every reader must see them.
 */
export class Replay {
  private items: Map<string, StoredItem>;
  /** The newest entry. */
  head: LogEntry | undefined;

  constructor(from?: Replay) {
    this.items = new Map(from?.items);
    this.head = from?.head;
  }

  get all(): readonly StoredItem[] {
    return [...this.items.values()];
  }

  get(sk: string): StoredItem | undefined {
    return this.items.get(sk);
  }

  /** @throws Error if an entry does not follow the previous one. */
  append(entry: LogEntry): void {
    const { head } = this;
    if (head && entry.index !== head.index + 1) throw new Error(`entry ${entry.index} follows ${head.index}`);
    if (head && entry.previous !== head.nonce) throw new Error(`entry ${entry.index} has another past`);
    if (head?.erasing) throw new Error(`entry ${entry.index} follows the end of its box`);
    if (entry.projected < (head?.timeline === entry.timeline ? head.projected : 0))
      throw new Error(`entry ${entry.index} lowers the progress of the view`);
    this.head = entry;
    for (const effect of entry.effects) {
      const next = applied(this.items.get(effect.sk), effect, entry.version);
      if (next) this.items.set(effect.sk, next);
    }
  }

  /**
   * A purge puts a tombstone without an entry, in place of an item that the log may have changed already.
   * After a restore, a purge may put the same tombstone again, with a later expiry time.
   */
  put(item: StoredItem): void {
    const there = this.items.get(item.sk);
    if (there && latestVersionOf(there) <= item.version) this.items.set(item.sk, item);
  }

  /** The database deletes an expired item. */
  expire(sk: string, nowMs: number): void {
    const { expiresAtMs = Number.POSITIVE_INFINITY } = this.items.get(sk) ?? {};
    if (expiresAtMs <= nowMs) this.items.delete(sk);
  }

  /** A restore sets an item to its state at another moment than the log's. */
  restore(sk: string, item: StoredItem | undefined): void {
    if (item) this.items.set(sk, item);
    else this.items.delete(sk);
  }

  copy(): Replay {
    return new Replay(this);
  }
}
