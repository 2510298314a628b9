import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
  ResourceNotFoundException,
  type TableDescription,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { LocalCloudProblem } from '../problem.js';
import type { TableProperties } from '../template/kinds/dynamodb.js';
import type { Resource } from '../template/stack.js';

/** A table or a global table: both are created in the same way. */
export type TableResource = Resource<Omit<TableProperties, 'Tags'>>;

/**
 * Creates a table unless it exists.
 * @throws LocalCloudProblem when it exists with other keys or another stream.
 */
export async function ensureTable(client: DynamoDBClient, table: TableResource): Promise<'created' | 'kept'> {
  const existing = await describe(client, table.name);
  if (existing) compare(existing, table);
  else await client.send(new CreateTableCommand(createInput(table)));
  await ensureTimeToLive(client, table);
  return existing ? 'kept' : 'created';
}

async function describe(client: DynamoDBClient, TableName: string): Promise<TableDescription | undefined> {
  try {
    return (await client.send(new DescribeTableCommand({ TableName }))).Table;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

function createInput({ name, properties }: TableResource): CreateTableCommandInput {
  const { StreamSpecification, GlobalSecondaryIndexes, LocalSecondaryIndexes } = properties;
  return {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: properties.AttributeDefinitions,
    KeySchema: properties.KeySchema,
    ...(StreamSpecification && {
      StreamSpecification: { StreamEnabled: true, StreamViewType: StreamSpecification.StreamViewType },
    }),
    ...(GlobalSecondaryIndexes && { GlobalSecondaryIndexes: GlobalSecondaryIndexes.map(withoutThroughput) }),
    ...(LocalSecondaryIndexes && { LocalSecondaryIndexes: LocalSecondaryIndexes.map(withoutThroughput) }),
  };
}

const withoutThroughput = ({
  IndexName,
  KeySchema,
  Projection,
}: NonNullable<TableProperties['LocalSecondaryIndexes']>[number]) => ({
  IndexName,
  KeySchema,
  Projection,
});

function compare(existing: TableDescription, { name, logicalId, properties }: TableResource) {
  const keys = (schema: TableDescription['KeySchema']) =>
    (schema ?? [])
      .map(({ AttributeName, KeyType }) => `${AttributeName} ${KeyType}`)
      .sort()
      .join();
  const sameKeys = keys(existing.KeySchema) === keys(properties.KeySchema);
  const sameStream =
    existing.StreamSpecification?.StreamViewType === properties.StreamSpecification?.StreamViewType;
  if (sameKeys && sameStream) return;
  throw new LocalCloudProblem(
    `The kept table ${name} ("${logicalId}") must have the ${sameKeys ? 'stream' : 'keys'} of the template: use a new data folder`,
  );
}

async function ensureTimeToLive(client: DynamoDBClient, { name, properties }: TableResource) {
  const wanted = properties.TimeToLiveSpecification;
  if (!wanted?.Enabled || !wanted.AttributeName) return;
  const { TimeToLiveDescription: now } = await client.send(
    new DescribeTimeToLiveCommand({ TableName: name }),
  );
  if (now?.AttributeName === wanted.AttributeName) return;
  const TimeToLiveSpecification = { AttributeName: wanted.AttributeName, Enabled: true };
  await client.send(new UpdateTimeToLiveCommand({ TableName: name, TimeToLiveSpecification }));
}
