import type { BoxId } from '../../core/model/items.js';
import type { Range } from '../../core/ports/store.js';
import { MemoryBox, MemoryStore } from './memory-store.js';

/** A store that records its reads, and can be restored to an earlier state. */
export class WatchedStore extends MemoryStore {
  /** Each query by its first key, each get by its keys. */
  readonly reads: string[] = [];

  /** Deletes an item, as the database does with expired ones. */
  expire(box: BoxId, sk: string): void {
    this.box(box).items.delete(sk);
  }

  /** A backup of the box. @returns a function that restores it. */
  backup(box: BoxId): () => void {
    const saved = new Map(this.box(box).items);
    return () => {
      const restored = new MemoryBox();
      for (const [sk, item] of saved) restored.items.set(sk, item);
      this.boxes.set(box, restored);
    };
  }

  override async get(box: BoxId, keys: readonly string[]) {
    this.reads.push(`get ${keys.join(' ')}`);
    return super.get(box, keys);
  }

  override async getStale(box: BoxId, keys: readonly string[]) {
    this.reads.push(`getStale ${keys.join(' ')}`);
    return super.get(box, keys);
  }

  override async query(box: BoxId, range: Range) {
    this.reads.push(`query ${range.from}`);
    return super.query(box, range);
  }
}
