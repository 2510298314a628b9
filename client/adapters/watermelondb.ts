import type { MessageStorageClient } from '../api/message-storage-client.js';
import { Mirror } from './mirror.js';
import type { Mapping } from './source.js';

export { conversations, type Mapping, messages, type Ref, type Source } from './source.js';

/** A row as WatermelonDB stores it: columns by name, and its id. */
export interface Row {
  id: string;
  [column: string]: string | number | boolean | null;
}

/** What is asked of a WatermelonDB database here. */
export interface WatermelonDatabase {
  get(table: string): { query(): { unsafeFetchRaw(): Promise<unknown[]> } };
}

/** Changes by name of the table, as WatermelonDB takes and gives them. */
export type TableChanges = Record<string, { created: Row[]; updated: Row[]; deleted: string[] }>;

export interface WatermelonReplication<Database extends WatermelonDatabase> {
  client: MessageStorageClient;
  database: Database;
  /** By name of the table. */
  // biome-ignore lint/suspicious/noExplicitAny: each table has items of its own kind
  tables: Readonly<Record<string, Mapping<any, Row>>>;
}

/**
 * Arguments for WatermelonDB's `synchronize`: its tables hold what the client shows, and what is written into them is sent.
 * @example
 * await synchronize(watermelonReplication({ client, database, tables: { messages: mapping } }))
 */
export function watermelonReplication<Database extends WatermelonDatabase>({
  client,
  database,
  tables,
}: WatermelonReplication<Database>) {
  const mirrors = Object.entries(tables).map(
    ([table, mapping]) => [table, new Mirror(client, mapping, ({ id }: Row) => id)] as const,
  );
  return {
    database,
    sendCreatedAsUpdated: true, // a row that is there already is changed, else made
    async pullChanges() {
      await client.synchronize(); // to its end: a short page is none
      const changes: TableChanges = {};
      for (const [table, mirror] of mirrors) {
        const held = await heldIn(database, table);
        // What was made here has yet to be sent. What was changed here may be gone, and deletion wins.
        const known = held.filter(({ _status }) => _status !== 'created');
        const { changed, gone } = await mirror.differences(known.map(columnsOf));
        changes[table] = { created: [], updated: changed, deleted: gone.map(({ id }) => id) };
      }
      return { changes, timestamp: Date.now() };
    },
    async pushChanges({ changes }: { changes: TableChanges }) {
      const experimentalRejectedIds: Record<string, string[]> = {};
      for (const [table, mirror] of mirrors) {
        const { created = [], updated = [], deleted = [] } = changes[table] ?? {};
        const written = [...created, ...updated].map((raw) => ({ record: columnsOf(raw), isDeleted: false }));
        const removed = deleted.map((id) => ({ record: { id }, isDeleted: true }));
        const refused = await mirror.perform([...written, ...removed]);
        experimentalRejectedIds[table] = refused.map(({ record }) => record.id);
      }
      return { experimentalRejectedIds };
    },
  };
}

type Raw = Row & { _status: string };

const heldIn = async (database: WatermelonDatabase, table: string): Promise<Raw[]> =>
  (await database.get(table).query().unsafeFetchRaw()) as Raw[];

/** Without what WatermelonDB notes for itself. */
function columnsOf({ _status, _changed, ...columns }: Record<string, unknown>): Row {
  return columns as Row;
}
