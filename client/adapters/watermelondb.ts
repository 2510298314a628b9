import type { MessageStorageClient } from '../api/message-storage-client.js';
import { Mirror } from './mirror.js';
import type { Mapping } from './source.js';

export { conversations, type Mapping, messages, type Ref, type Source } from './source.js';

/** A row of WatermelonDB: its id, and its columns by name. */
export interface Row {
  id: string;
  [column: string]: string | number | boolean | null;
}

/** The part of a WatermelonDB database that this adapter uses. */
export interface WatermelonDatabase {
  get(table: string): { query(): { unsafeFetchRaw(): Promise<unknown[]> } };
}

/** Changes by table name, in the form of WatermelonDB. */
export type TableChanges = Record<string, { created: Row[]; updated: Row[]; deleted: string[] }>;

export interface WatermelonReplication<Database extends WatermelonDatabase> {
  client: MessageStorageClient;
  database: Database;
  /** Mappings by table name. */
  // biome-ignore lint/suspicious/noExplicitAny: each table maps its own kind of items
  tables: Readonly<Record<string, Mapping<any, Row>>>;
}

/**
 * Arguments for WatermelonDB's `synchronize`. Its tables hold the elements that the client shows, and the client sends
 * changes of the tables.
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
    sendCreatedAsUpdated: true, // WatermelonDB creates rows that it lacks
    async pullChanges() {
      await client.synchronize(); // to the last page
      const changes: TableChanges = {};
      for (const [table, mirror] of mirrors) {
        const stored = await rowsIn(database, table);
        // Created rows were not sent yet, so they must stay. Changed rows may be gone, because deletion wins.
        const sent = stored.filter(({ _status }) => _status !== 'created');
        const { changed, gone } = await mirror.differences(sent.map(columnsOf));
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

const rowsIn = async (database: WatermelonDatabase, table: string): Promise<Raw[]> =>
  (await database.get(table).query().unsafeFetchRaw()) as Raw[];

/** Removes the columns that WatermelonDB uses for itself. */
function columnsOf({ _status, _changed, ...columns }: Record<string, unknown>): Row {
  return columns as Row;
}
