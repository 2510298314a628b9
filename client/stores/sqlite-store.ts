import type { Entry, KeyRange, LocalStore, StoreTransaction } from './local-store.js';

/** A synchronous SQLite database. Those of `node:sqlite` and better-sqlite3 match; others need a small adapter. */
export interface SqliteDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): SqliteStatement;
}
export interface SqliteStatement {
  all(...values: (string | number)[]): unknown[];
  run(...values: (string | number)[]): unknown;
}

interface SqliteRow {
  key: string;
  value: string;
}

const TABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * A local store in a table of a SQLite database. The application opens and closes the database.
 * @throws Error if `table` is not a plain SQL name.
 */
export function sqliteStore(database: SqliteDatabase, { table = 'cpm_sync' } = {}): LocalStore {
  if (!TABLE_NAME.test(table)) throw new Error(`table must be letters, digits and _, got ${table}`);
  return new SqliteStore(database, table);
}

class SqliteStore implements LocalStore, StoreTransaction {
  readonly #get;
  readonly #scan;
  readonly #scanBack;
  readonly #put;
  readonly #delete;
  readonly #clear;
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly database: SqliteDatabase,
    table: string,
  ) {
    // SQLite compares bytes. Keys are ASCII, so that is the order of their characters.
    database.exec(
      `CREATE TABLE IF NOT EXISTS ${table} (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) WITHOUT ROWID`,
    );
    const range = `SELECT key, value FROM ${table} WHERE key >= ? AND key < ? ORDER BY key`;
    this.#get = database.prepare(`SELECT value FROM ${table} WHERE key = ?`);
    this.#scan = database.prepare(`${range} LIMIT ?`);
    this.#scanBack = database.prepare(`${range} DESC LIMIT ?`);
    this.#put = database.prepare(
      `INSERT INTO ${table} (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
    );
    this.#delete = database.prepare(`DELETE FROM ${table} WHERE key = ?`);
    this.#clear = database.prepare(`DELETE FROM ${table}`);
  }

  transaction<T>(mode: 'read' | 'write', work: (tx: StoreTransaction) => Promise<T>): Promise<T> {
    const result = this.#last.then(() => this.#runAlone(mode, work));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #runAlone<T>(mode: 'read' | 'write', work: (tx: StoreTransaction) => Promise<T>): Promise<T> {
    this.database.exec(mode === 'read' ? 'BEGIN' : 'BEGIN IMMEDIATE');
    try {
      const value = await work(this);
      this.database.exec('COMMIT');
      return value;
    } catch (error) {
      // SQLite rolls back by itself if the disk is full, and then ROLLBACK fails.
      try {
        this.database.exec('ROLLBACK');
      } catch {}
      throw error;
    }
  }

  async get(key: string): Promise<unknown> {
    const [row] = this.#get.all(key) as SqliteRow[];
    return row && JSON.parse(row.value);
  }

  async scan({ from, to, limit, descending }: KeyRange): Promise<Entry[]> {
    const rows = (descending ? this.#scanBack : this.#scan).all(from, to, limit) as SqliteRow[];
    return rows.map(({ key, value }) => [key, JSON.parse(value)]);
  }

  async put(key: string, value: unknown): Promise<void> {
    this.#put.run(key, JSON.stringify(value));
  }

  async delete(key: string): Promise<void> {
    this.#delete.run(key);
  }

  async clear(): Promise<void> {
    this.#clear.run();
  }

  async close(): Promise<void> {
    await this.#last;
  }
}
