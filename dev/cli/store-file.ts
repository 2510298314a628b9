import { readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { LocalStore } from '../../client/stores/local-store.js';
import { type SqliteDatabase, sqliteStore } from '../../client/stores/sqlite-store.js';
import { CliProblem } from './cli-problem.js';

/** A local store in a file that only this process uses. */
export interface StoreFile {
  store: LocalStore;
  close(): void;
}

interface Opened {
  database: SqliteDatabase;
  close(): void;
}

const require = createRequire(import.meta.url);

/**
 * Opens the file, or creates it.
 * @throws CliProblem when another process has it open, or it is not a SQLite database.
 */
export function openStoreFile(path: string): StoreFile {
  try {
    const { database, close } = nativeSqlite(path) ?? wasmSqlite(path);
    // The process keeps the lock until it ends, and every commit is on disk before it is confirmed.
    database.exec('PRAGMA locking_mode = EXCLUSIVE');
    database.prepare('PRAGMA journal_mode = WAL').all();
    database.exec('PRAGMA synchronous = FULL');
    return { store: sqliteStore(database), close };
  } catch (error) {
    if (error instanceof CliProblem) throw error;
    const { message } = error as Error;
    const why = /lock/i.test(message) ? 'another process has it open' : message;
    throw new CliProblem(`${path} cannot be opened: ${why}`, { cause: error });
  }
}

/** SQLite of Node.js, from Node 22 on. */
function nativeSqlite(path: string): Opened | undefined {
  let sqlite: { DatabaseSync: new (path: string) => SqliteDatabase & { close(): void } };
  try {
    sqlite = require('node:sqlite');
  } catch {
    return undefined;
  }
  const database = new sqlite.DatabaseSync(path);
  return { database, close: () => database.close() };
}

interface WasmStatement {
  all(values: unknown[]): unknown[];
  run(values: unknown[]): unknown;
  finalize(): void;
}
interface WasmDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): WasmStatement;
  close(): void;
}

/** The package node-sqlite3-wasm, for Node 20. It locks with a folder, which a killed process leaves behind. */
function wasmSqlite(path: string): Opened {
  const { Database } = require('node-sqlite3-wasm') as { Database: new (path: string) => WasmDatabase };
  const owner = `${path}.pid`;
  const ownerPid = pidIn(owner);
  if (ownerPid !== undefined && isAlive(ownerPid))
    throw new CliProblem(`${path} is in use by process ${ownerPid}`);
  if (ownerPid !== undefined) removeFolder(`${path}.lock`);
  writeFileSync(owner, String(process.pid));
  const wasm = new Database(path);
  const statements: WasmStatement[] = [];
  return {
    database: {
      exec: (sql) => wasm.exec(sql),
      prepare(sql) {
        const statement = wasm.prepare(sql);
        statements.push(statement);
        return { all: (...values) => statement.all(values), run: (...values) => statement.run(values) };
      },
    },
    close() {
      for (const statement of statements) statement.finalize();
      wasm.close();
      rmSync(owner, { force: true });
    },
  };
}

function pidIn(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return pid !== process.pid;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function removeFolder(path: string): void {
  try {
    rmdirSync(path);
  } catch {}
}
