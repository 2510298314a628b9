/** A range of keys. Shape: from `from` (inclusive) to `to` (exclusive). */
export interface KeyRange {
  from: string;
  to: string;
  limit: number; // entries, at most
  descending?: boolean;
}

/** A key and its value. Shape: the key is ASCII, the value is JSON. */
export type Entry = [key: string, value: unknown];

/** Reads and writes of one transaction. Reads see earlier writes of the transaction. */
export interface StoreTransaction {
  /** Reads the value under a key. Undefined: the key has no value. */
  get(key: string): Promise<unknown>;
  /** @returns the entries of the range, sorted by key, character by character. */
  scan(range: KeyRange): Promise<Entry[]>;
  put(key: string, value: unknown): Promise<void>;
  delete(key: string): Promise<void>;
  clear(): Promise<void>;
}

/**
 * The database of a device: an ordered key-value store with transactions. It has no other methods, so that an
 * implementation for another platform stays small. `client/local-state/keys.ts` describes the keys.
 */
export interface LocalStore {
  /**
   * Runs `work` alone, or in parallel with other readers. The store keeps all writes durably when `work` resolves, and no
   * write when it throws. `work` awaits only this transaction, because some databases end a transaction that idles.
   * @throws the error of `work` or of the database.
   */
  transaction<T>(mode: 'read' | 'write', work: (tx: StoreTransaction) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}
