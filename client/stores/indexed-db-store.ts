import type { Entry, KeyRange, LocalStore, StoreTransaction } from './local-store.js';

const ROWS = 'rows';

/** Parts of the browser. Default: the globals of these names. */
export interface IndexedDbPlatform {
  indexedDB?: IDBFactory;
  IDBKeyRange?: typeof IDBKeyRange;
}

/** A local store in an IndexedDB database. The database opens with the first transaction. */
export class IndexedDbStore implements LocalStore {
  #database?: Promise<IDBDatabase>;

  constructor(
    private readonly name: string,
    private readonly platform: IndexedDbPlatform,
  ) {}

  async transaction<T>(mode: 'read' | 'write', work: (tx: StoreTransaction) => Promise<T>): Promise<T> {
    const database = await this.#open();
    const transaction =
      mode === 'read'
        ? database.transaction(ROWS)
        : database.transaction(ROWS, 'readwrite', { durability: 'strict' });
    const ended = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error('The transaction was aborted'));
    });
    try {
      const value = await work(this.#rowsOf(transaction.objectStore(ROWS)));
      await ended;
      return value;
    } catch (error) {
      ended.catch(() => undefined);
      // The transaction may have ended already, and then abort() throws.
      try {
        transaction.abort();
      } catch {}
      throw error;
    }
  }

  async close(): Promise<void> {
    (await this.#database)?.close();
    this.#database = undefined;
  }

  #rowsOf(rows: IDBObjectStore): StoreTransaction {
    const range = ({ from, to }: KeyRange) =>
      (this.platform.IDBKeyRange ?? IDBKeyRange).bound(from, to, false, true);
    return {
      get: (key) => resultOf(rows.get(key)),
      scan: async (asked) => {
        if (asked.from >= asked.to) return [];
        if (asked.descending) return entriesFrom(rows.openCursor(range(asked), 'prev'), asked.limit);
        const [keys, values] = await Promise.all([
          resultOf(rows.getAllKeys(range(asked), asked.limit)),
          resultOf(rows.getAll(range(asked), asked.limit)),
        ]);
        return keys.map((key, i): Entry => [key as string, values[i]]);
      },
      // A write that fails aborts the transaction, so nothing awaits single writes.
      put: async (key, value) => void rows.put(value, key),
      delete: async (key) => void rows.delete(key),
      clear: async () => void rows.clear(),
    };
  }

  #open(): Promise<IDBDatabase> {
    this.#database ??= this.#openDatabase().catch((error) => {
      this.#database = undefined;
      throw error;
    });
    return this.#database;
  }

  async #openDatabase(): Promise<IDBDatabase> {
    const request = (this.platform.indexedDB ?? indexedDB).open(this.name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(ROWS);
    const database = await resultOf(request);
    const forget = () => {
      this.#database = undefined;
    };
    // Another tab deletes the database, or the user cleared the browser's data. The next transaction reopens it.
    database.onversionchange = () => {
      database.close();
      forget();
    };
    database.onclose = forget;
    return database;
  }
}

const resultOf = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

function entriesFrom(request: IDBRequest<IDBCursorWithValue | null>, limit: number): Promise<Entry[]> {
  const entries: Entry[] = [];
  return new Promise((resolve, reject) => {
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const cursor = request.result;
      if (cursor) entries.push([cursor.key as string, cursor.value]);
      if (!cursor || entries.length >= limit) resolve(entries);
      else cursor.continue();
    };
  });
}
