import type { BoxId, StoredItem } from '../../core/model/items.js';
import type { Range } from '../../core/ports/store.js';
import { MemoryStore } from './memory-store.js';

/** A store of which readers do not see everything yet, and which can be set back to how it was. Writers see all. */
export class VeiledStore extends MemoryStore {
  /** By key: how many reads go by before the item is seen, and what is seen until then. */
  private readonly veils = new Map<string, { reads: number; instead: StoredItem | undefined }>();
  reads = 0;

  hide(
    sk: string,
    { reads = Number.POSITIVE_INFINITY, instead }: { reads?: number; instead?: StoredItem } = {},
  ) {
    this.veils.set(sk, { reads, instead });
  }

  show(): void {
    this.veils.clear();
  }

  /** Takes an item away, as the database does with what has expired. */
  expire(box: BoxId, sk: string): void {
    this.items(box).delete(sk);
  }

  /** Puts the box back to how it was, whatever has happened since. */
  backup(box: BoxId): () => void {
    const saved = new Map(this.items(box));
    return () => {
      this.boxes.set(box, new Map(saved));
    };
  }

  override async get(box: BoxId, keys: readonly string[]) {
    this.countRead();
    return new Map([...(await super.get(box, keys))].flatMap(([sk, item]) => this.seen(item, sk) ?? []));
  }

  override async snapshot(box: BoxId, keys: readonly string[]) {
    return super.get(box, keys);
  }

  override async query(box: BoxId, range: Range) {
    this.countRead();
    const { items, more } = await super.query(box, range);
    return { items: items.flatMap((item) => this.seen(item, item.sk)?.[0]?.[1] ?? []), more };
  }

  private seen(item: StoredItem, sk: string): [string, StoredItem][] | undefined {
    const veil = this.veils.get(sk);
    if (!veil) return [[sk, item]];
    return veil.instead && [[sk, veil.instead]];
  }

  private countRead(): void {
    this.reads++;
    for (const [sk, veil] of this.veils) {
      if (veil.reads <= 0) this.veils.delete(sk);
      else veil.reads--;
    }
  }
}
