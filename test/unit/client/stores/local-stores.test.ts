import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import { indexedDbStore } from '../../../../client/api/indexed-db-store.js';
import { memoryStore } from '../../../../client/stores/memory-store.js';
import { openStoreFile } from '../../../../dev/cli/store-file.js';
import { describeLocalStore } from '../../../contract/local-store-contract.js';

describeLocalStore('in memory', async () => ({ store: memoryStore(), remove: async () => {} }));

async function inIndexedDb(indexedDB = new IDBFactory()) {
  const store = indexedDbStore('box', { indexedDB, IDBKeyRange });
  return { store, indexedDB, remove: () => store.close() };
}
describeLocalStore(
  'in IndexedDB',
  () => inIndexedDb(),
  ({ indexedDB }) => inIndexedDb(indexedDB),
);

async function inSqlite(folder: string) {
  const { store, close } = openStoreFile(join(folder, 'box.sqlite'));
  const remove = async () => {
    close();
    await rm(folder, { recursive: true, force: true });
  };
  return { store, folder, close, remove };
}
describeLocalStore(
  'in SQLite',
  async () => inSqlite(await mkdtemp(join(tmpdir(), 'cpm-sync-store-'))),
  ({ folder, close }) => {
    close();
    return inSqlite(folder);
  },
);

test('a file of SQLite is open in one process at a time, and after that process was killed in the next', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cpm-sync-store-'));
  const path = join(folder, 'box.sqlite');
  try {
    const holder = fork(path);
    await once(holder.stdout, 'data');
    expect(() => openStoreFile(path)).toThrow(
      /box\.sqlite (is in use by process \d+|cannot be opened: another)/,
    );
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    const { store, close } = openStoreFile(path);
    expect(await store.transaction('read', (tx) => tx.get('held'))).toBe(1);
    close();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 30_000);

/** A process that stores one value in the file, and then holds the file open until it is killed. */
function fork(path: string) {
  const code = `
    import { openStoreFile } from ${JSON.stringify(join(process.cwd(), 'dev/cli/store-file.ts'))};
    const { store } = openStoreFile(${JSON.stringify(path)});
    await store.transaction('write', (tx) => tx.put('held', 1));
    void store.transaction('write', async (tx) => { await tx.put('held', 2); console.log('open'); await new Promise(() => setInterval(() => {}, 1000)); });
  `;
  return spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}
