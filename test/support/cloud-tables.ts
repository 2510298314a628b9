import {
  type AttributeValue,
  DynamoDBClient,
  ListTablesCommand,
  paginateScan,
} from '@aws-sdk/client-dynamodb';

export type Image = Record<string, AttributeValue>;

/** A client of a DynamoDB Local, which takes any credentials. */
export const clientOf = (endpoint: string): DynamoDBClient =>
  new DynamoDBClient({
    endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });

/** All items of a table in which a text stands, in a key or anywhere else. */
export async function itemsWith(client: DynamoDBClient, TableName: string, text: string): Promise<Image[]> {
  const found: Image[] = [];
  for await (const { Items = [] } of paginateScan({ client }, { TableName, ConsistentRead: true })) {
    found.push(...Items.filter((item) => JSON.stringify(item).includes(text)));
  }
  return found;
}

/** The same of all tables that there are, by their names. */
export async function itemsAnywhere(client: DynamoDBClient, text: string): Promise<Record<string, Image[]>> {
  const { TableNames = [] } = await client.send(new ListTablesCommand({}));
  const found = await Promise.all(
    TableNames.map(async (name) => [name, await itemsWith(client, name, text)]),
  );
  return Object.fromEntries(found);
}
