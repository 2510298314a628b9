import type { BoxId } from '../../core/model/items.js';
import type { Range } from '../../core/ports/store.js';
import { MemoryBox, MemoryStore } from './memory-store.js';

/** A store that notes what is read of it, and can be set back to how it was. */
export class WatchedStore extends MemoryStore {
  /** Each query by the key where it begins, each get by its keys. */
  readonly reads: string[] = [];

  /** Takes an item away, as the database does with what has expired. */
  expire(box: BoxId, sk: string): void {
    this.box(box).items.delete(sk);
  }

  /** Puts the box back to how it was, whatever has happened since. */
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
