import { readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { LocalStore } from '../../client/stores/local-store.js';
import { type SqliteDatabase, sqliteStore } from '../../client/stores/sqlite-store.js';
import { CliProblem } from './cli-problem.js';

/** A local store in a file, for this process alone. */
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
 * Opens the file, or makes it.
 * @throws CliProblem when another process has it open, or it is no SQLite database.
 */
export function openStoreFile(path: string): StoreFile {
  try {
    const { database, close } = nativeSqlite(path) ?? wasmSqlite(path);
    // Held for as long as the process lasts, and every commit is on the disk when it is answered.
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

/** Node's own, from Node 22 on. */
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

/** The package node-sqlite3-wasm, which runs on Node 20. It locks by a folder, which stays behind a process that is killed. */
function wasmSqlite(path: string): Opened {
  const { Database } = require('node-sqlite3-wasm') as { Database: new (path: string) => WasmDatabase };
  const owner = `${path}.pid`;
  const ownerPid = pidIn(owner);
  if (ownerPid !== undefined && isAlive(ownerPid))
    throw new CliProblem(`${path} is in use by the process ${ownerPid}`);
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
