import {
  type AttributeValue,
  DynamoDBClient,
  ListTablesCommand,
  paginateScan,
} from '@aws-sdk/client-dynamodb';

export type Image = Record<string, AttributeValue>;

/** A client of a DynamoDB Local, which accepts any credentials. */
export const clientOf = (endpoint: string): DynamoDBClient =>
  new DynamoDBClient({
    endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });

/** All items of a table that contain a text, in a key or an attribute. */
export async function itemsWith(client: DynamoDBClient, TableName: string, text: string): Promise<Image[]> {
  const found: Image[] = [];
  for await (const { Items = [] } of paginateScan({ client }, { TableName, ConsistentRead: true })) {
    found.push(...Items.filter((item) => JSON.stringify(item).includes(text)));
  }
  return found;
}

/** The items of all tables that contain a text, by table name. */
export async function itemsAnywhere(client: DynamoDBClient, text: string): Promise<Record<string, Image[]>> {
  const { TableNames = [] } = await client.send(new ListTablesCommand({}));
  const found = await Promise.all(
    TableNames.map(async (name) => [name, await itemsWith(client, name, text)]),
  );
  return Object.fromEntries(found);
}
