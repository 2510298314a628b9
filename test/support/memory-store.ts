import type { BoxId, StoredItem } from '../../core/model/items.js';
import { HEAD_KEY } from '../../core/model/keys.js';
import { keyOfWrite, type Range, type Store, type Write } from '../../core/ports/store.js';

export const byteOrder = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** Whether the condition of a write holds for what is under its key. */
export function holds({ when }: Write, there: StoredItem | undefined): boolean {
  if (when === 'any') return true;
  if (when === 'absent') return there === undefined;
  return 'epoch' in when
    ? there?.kind === 'head' && there.epoch === when.epoch
    : there?.version === when.version;
}

/** The boxes in memory: each call as one step, as the interface promises and no more. Items are copied as JSON. */
export class MemoryStore implements Store {
  protected readonly boxes = new Map<BoxId, Map<string, string>>();

  protected items(box: BoxId): Map<string, string> {
    const items = this.boxes.get(box) ?? new Map<string, string>();
    this.boxes.set(box, items);
    return items;
  }

  protected read(box: BoxId, sk: string): StoredItem | undefined {
    const json = this.items(box).get(sk);
    return json === undefined ? undefined : (JSON.parse(json) as StoredItem);
  }

  async snapshot(box: BoxId, keys: readonly string[]) {
    if (new Set(keys).size !== keys.length || keys.length > 100) throw new Error('ValidationException');
    return this.get(box, keys);
  }

  async get(box: BoxId, keys: readonly string[]): Promise<ReadonlyMap<string, StoredItem>> {
    const found = keys.map((sk) => this.read(box, sk)).filter((item) => item !== undefined);
    return new Map(found.map((item) => [item.sk, item]));
  }

  async write(box: BoxId, writes: readonly Write[]): Promise<'written' | 'refused'> {
    if (new Set(writes.map(keyOfWrite)).size !== writes.length || writes.length > 100) {
      throw new Error('ValidationException');
    }
    if (!writes.every((write) => holds(write, this.read(box, keyOfWrite(write))))) return 'refused';
    for (const write of writes) {
      if ('put' in write) this.items(box).set(write.put.sk, JSON.stringify(write.put));
      else if ('remove' in write) this.items(box).delete(write.remove);
    }
    return 'written';
  }

  /** Removes what has passed its time, as the database does, and gives what it was. */
  removeExpired(box: BoxId, nowMs: number): readonly StoredItem[] {
    const items = [...this.items(box).values()].map((json) => JSON.parse(json) as StoredItem);
    const gone = items.filter(({ expiresAtMs = Number.POSITIVE_INFINITY }) => expiresAtMs <= nowMs);
    for (const { sk } of gone) this.items(box).delete(sk);
    return gone;
  }

  async query(box: BoxId, { from, to, limit, descending = false }: Range) {
    const inRange = [...this.items(box).keys()]
      .filter((sk) => byteOrder(from, sk) <= 0 && byteOrder(sk, to) <= 0)
      .sort((a, b) => (descending ? byteOrder(b, a) : byteOrder(a, b)));
    const items = inRange.slice(0, limit).flatMap((sk) => this.read(box, sk) ?? []);
    return { items, more: inRange.length > limit };
  }

  async keys(box: BoxId, limit: number) {
    return [...this.items(box).keys()].filter((sk) => sk !== HEAD_KEY).slice(0, limit);
  }
}
