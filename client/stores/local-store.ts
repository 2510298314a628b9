/** A range of keys. Shape: `from` is in it, `to` is not. */
export interface KeyRange {
  from: string;
  to: string;
  limit: number; // entries, at most
  descending?: boolean;
}

/** A key and its value. Shape of keys: ASCII. Shape of values: what JSON can hold. */
export type Entry = [key: string, value: unknown];

/** Reads and writes of one transaction. Reads see the writes before them. */
export interface StoreTransaction {
  get(key: string): Promise<unknown>; // undefined: there is none
  /** Entries in the order of their keys, compared character by character. */
  scan(range: KeyRange): Promise<Entry[]>;
  put(key: string, value: unknown): Promise<void>;
  delete(key: string): Promise<void>;
  clear(): Promise<void>;
}

/**
 * Where a device keeps what it holds: an ordered key-value store with transactions, and nothing else, so that one is
 * made for a platform in a few dozen lines. What the keys mean is the client's (`client/local-state/keys.ts`).
 */
export interface LocalStore {
  /**
   * Runs `work` alone, or beside others that read only. All that it writes is kept when it resolves, durably, and
   * nothing when it throws. `work` waits for nothing but this transaction: some databases end it otherwise.
   */
  transaction<T>(mode: 'read' | 'write', work: (tx: StoreTransaction) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}
