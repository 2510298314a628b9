import type { Entry, KeyRange, LocalStore, StoreTransaction } from './local-store.js';

/** A local store in memory. Its contents are lost with the object. */
export const memoryStore = (): LocalStore => new MemoryStore();

class MemoryStore implements LocalStore, StoreTransaction {
  readonly #values = new Map<string, unknown>();
  #keys: string[] = []; // sorted
  #undo: (() => void)[] = []; // of the current transaction
  #last: Promise<unknown> = Promise.resolve();

  transaction<T>(_mode: 'read' | 'write', work: (tx: StoreTransaction) => Promise<T>): Promise<T> {
    const result = this.#last.then(() => this.#runAlone(work));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #runAlone<T>(work: (tx: StoreTransaction) => Promise<T>): Promise<T> {
    this.#undo = [];
    try {
      return await work(this);
    } catch (error) {
      for (const undo of this.#undo.reverse()) undo();
      throw error;
    }
  }

  async get(key: string): Promise<unknown> {
    return this.#values.get(key);
  }

  async scan({ from, to, limit, descending }: KeyRange): Promise<Entry[]> {
    const [first, end] = [this.#indexOf(from), this.#indexOf(to)];
    const keys = descending
      ? this.#keys.slice(Math.max(first, end - limit), end).reverse()
      : this.#keys.slice(first, Math.min(end, first + limit));
    return keys.map((key) => [key, this.#values.get(key)]);
  }

  async put(key: string, value: unknown): Promise<void> {
    this.#undoBy(key);
    this.#write(key, value);
  }

  async delete(key: string): Promise<void> {
    this.#undoBy(key);
    this.#write(key, undefined);
  }

  async clear(): Promise<void> {
    for (const key of [...this.#keys]) await this.delete(key);
  }

  async close(): Promise<void> {}

  #undoBy(key: string): void {
    const before = this.#values.get(key);
    this.#undo.push(() => this.#write(key, before));
  }

  #write(key: string, value: unknown): void {
    const isNew = !this.#values.has(key);
    if (value === undefined) {
      if (isNew) return;
      this.#values.delete(key);
      this.#keys.splice(this.#indexOf(key), 1);
      return;
    }
    this.#values.set(key, value);
    if (isNew) this.#keys.splice(this.#indexOf(key), 0, key);
  }

  /** Index of the first key that is not below this one. */
  #indexOf(key: string): number {
    let low = 0;
    for (let high = this.#keys.length; low < high; ) {
      const middle = (low + high) >> 1;
      if ((this.#keys[middle] as string) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
