import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { LOCAL_CREDENTIALS } from '../lambda/function-settings.js';
import type { Place } from '../template/place.js';
import type { Stack } from '../template/stack.js';
import type { Undo } from '../undo.js';
import { startDynamoDbLocal, useDynamoDb } from './dynamodb-local.js';
import { ensureTable, type TableResource } from './tables.js';
import { runTimeToLive } from './time-to-live.js';

/** Which DynamoDB to use. */
export interface DatabaseOptions {
  /** URL of a running DynamoDB. Undefined: start DynamoDB Local. */
  readonly endpoint: string | undefined;
  /** Folder for the files of DynamoDB Local. Undefined: in memory. */
  readonly dbPath: string | undefined;
  readonly log: (line: string) => void;
}

/** A DynamoDB with the tables of the stack. */
export interface Database {
  readonly endpoint: string;
  readonly dynamodb: DynamoDBClient;
  readonly streams: DynamoDBStreamsClient;
  /** Names of the tables, by logical id. */
  readonly tables: Readonly<Record<string, string>>;
  /** Names of the tables that this start has created. */
  readonly created: ReadonlySet<string>;
  /** Deletes expired items until the signal aborts. */
  runTimeToLive(signal: AbortSignal): Promise<void>;
}

/**
 * A DynamoDB with the tables of the stack; undefined when the stack has no tables.
 * @throws LocalCloudProblem when DynamoDB does not start or answer, or a kept table differs from the template.
 */
export async function buildDatabase(
  stack: Stack,
  place: Place,
  { endpoint, dbPath, log }: DatabaseOptions,
  undo: Undo,
): Promise<Database | undefined> {
  const tables: TableResource[] = [
    ...stack.resources('AWS::DynamoDB::Table'),
    ...stack.resources('AWS::DynamoDB::GlobalTable'),
  ];
  if (tables.length === 0) return undefined;
  const server = endpoint ? await useDynamoDb(endpoint) : await startDynamoDbLocal({ dbPath, log });
  undo.later(() => server.stop());
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const client = { endpoint: server.endpoint, region: place.region, credentials: LOCAL_CREDENTIALS };
  const dynamodb = new DynamoDBClient(client);
  const streams = new DynamoDBStreamsClient(client);
  undo.later(() => {
    dynamodb.destroy();
    streams.destroy();
  });
  const created = new Set<string>();
  for (const table of tables) {
    if ((await ensureTable(dynamodb, table)) === 'created') created.add(table.name);
  }
  const names = Object.fromEntries(tables.map(({ logicalId, name }) => [logicalId, name]));
  return {
    endpoint: server.endpoint,
    dynamodb,
    streams,
    tables: names,
    created,
    runTimeToLive: (signal) => runTimeToLive(dynamodb, tables, log, signal),
  };
}
