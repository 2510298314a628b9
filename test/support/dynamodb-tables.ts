import { randomBytes } from 'node:crypto';
import { CreateTableCommand, DeleteTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoRegistry } from '../../core/dynamodb/registry.js';
import { DynamoStore } from '../../core/dynamodb/store.js';

/** A store table and a registry table of one test file, shaped as the stack makes them. */
export interface Tables {
  readonly client: DynamoDBClient;
  readonly storeTable: string;
  readonly registryTable: string;
  readonly store: DynamoStore;
  readonly registry: DynamoRegistry;
  remove(): Promise<void>;
}

/**
 * Creates the two tables in the DynamoDB Local of the integration tests. @throws Error when it does not run.
 */
export async function makeTables(): Promise<Tables> {
  const endpoint = process.env.CPM_INTEGRATION_DYNAMODB;
  if (!endpoint)
    throw new Error('DynamoDB Local is not running: run these tests as the project "integration"');
  const client = new DynamoDBClient({
    endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'integration', secretAccessKey: 'integration' },
  });
  const suffix = randomBytes(6).toString('hex');
  const [storeTable, registryTable] = [`store-${suffix}`, `registry-${suffix}`];
  await Promise.all([makeTable(client, storeTable, 'box'), makeTable(client, registryTable, 'pk')]);
  return {
    client,
    storeTable,
    registryTable,
    store: new DynamoStore(client, storeTable, registryTable),
    registry: new DynamoRegistry(client, registryTable),
    async remove() {
      await Promise.all(
        [storeTable, registryTable].map((TableName) => client.send(new DeleteTableCommand({ TableName }))),
      );
      client.destroy();
    },
  };
}

const makeTable = (client: DynamoDBClient, TableName: string, partition: string) =>
  client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [partition, 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: [
        { AttributeName: partition, KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  );
