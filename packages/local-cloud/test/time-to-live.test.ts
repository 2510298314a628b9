import { join } from 'node:path';
import {
  BatchWriteItemCommand,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import { startLocalCloud } from '../src/local-cloud.js';
import type { LocalCloud } from '../src/local-cloud-options.js';
import { eventually } from './support/eventually.js';
import { NOTE, readNotes } from './support/notes.js';
import { aFunction, aMapping, aTable, removeFolders, temporaryFolder, writeStack } from './support/stack.js';

const WAIT_MS = 20_000;
jest.setTimeout(60_000);

const NOTED = `${NOTE}export const handler = ({ Records }) => { for (const it of Records) note(it); };`;
const STREAM = { 'Fn::GetAtt': ['Store', 'StreamArn'] };
const BY_TIME = { userIdentity: { type: ['Service'], principalId: ['dynamodb.amazonaws.com'] } };
const TTL = { TimeToLiveSpecification: { AttributeName: 'endsAt', Enabled: true } };

let cloud: LocalCloud;
let dynamodb: DynamoDBClient;
let notes: string;

const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;
const item = (id: string, endsAt: number, text = 'a') => ({
  id: { S: id },
  endsAt: { N: String(endsAt) },
  text: { S: text },
});
const put = (id: string, endsAt: number, text?: string, table = 'Store') =>
  dynamodb.send(new PutItemCommand({ TableName: cloud.tables[table], Item: item(id, endsAt, text) }));
const get = async (id: string, table = 'Store') =>
  (await dynamodb.send(new GetItemCommand({ TableName: cloud.tables[table], Key: { id: { S: id } } }))).Item;
const noted = (name: string, id: string) =>
  readNotes(join(notes, name)).filter(({ dynamodb: { Keys } }) => Keys.id.S === id);

beforeAll(async () => {
  notes = temporaryFolder();
  const aNotingFunction = (name: string) =>
    aFunction(name, { Environment: { Variables: { NOTES: join(notes, name) } } });
  const resources = {
    Store: aTable(TTL),
    Aside: aTable({ ...TTL, StreamSpecification: undefined }),
    Everything: aNotingFunction('Everything'),
    ByTime: aNotingFunction('ByTime'),
    EverythingMapping: aMapping('Everything', STREAM, { StartingPosition: 'TRIM_HORIZON' }),
    ByTimeMapping: aMapping('ByTime', STREAM, {
      StartingPosition: 'TRIM_HORIZON',
      FilterCriteria: { Filters: [{ Pattern: JSON.stringify(BY_TIME) }] },
    }),
  };
  cloud = await startLocalCloud({
    port: 0,
    outDir: writeStack({ resources, code: { Everything: NOTED, ByTime: NOTED } }),
  });
  dynamodb = new DynamoDBClient({
    endpoint: cloud.dynamodbEndpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'localcloud', secretAccessKey: 'x' },
  });
}, 30_000);
afterAll(async () => {
  dynamodb.destroy();
  await cloud.stop();
  removeFolders();
});

test('an expired item is deleted, and its record has the service as user and the item as it was', async () => {
  await put('ended', inSeconds(-5), 'as it was');
  const [record] = await eventually(() => {
    const records = noted('ByTime', 'ended');
    expect(records).toHaveLength(1);
    return records;
  }, WAIT_MS);
  expect(record).toMatchObject({
    eventName: 'REMOVE',
    userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' },
  });
  expect(record.dynamodb.OldImage).toEqual(
    item('ended', Number(record.dynamodb.OldImage.endsAt.N), 'as it was'),
  );
  expect(await get('ended')).toBeUndefined();
  // Two functions read the stream independently.
  await eventually(() =>
    expect(noted('Everything', 'ended').map(({ eventName }) => eventName)).toEqual(['INSERT', 'REMOVE']),
  );
});

test('an expired item is found among thousands of others, and those stay', async () => {
  const others = Array.from({ length: 3000 }, (_, i) => `lasting ${i}`);
  for (let i = 0; i < others.length; i += 25) {
    const requests = others
      .slice(i, i + 25)
      .map((id) => ({ PutRequest: { Item: item(id, inSeconds(3600)) } }));
    await dynamodb.send(
      new BatchWriteItemCommand({ RequestItems: { [cloud.tables.Store as string]: requests } }),
    );
  }
  const ended = Array.from({ length: 30 }, (_, i) => `ended ${i}`);
  for (const id of ended) await put(id, inSeconds(-60));
  await eventually(() => {
    for (const id of ended) expect(noted('ByTime', id)).toHaveLength(1);
  }, WAIT_MS);
  const { Count } = await dynamodb.send(new ScanCommand({ TableName: cloud.tables.Store, Select: 'COUNT' }));
  expect(Count).toBe(others.length);
});

test('an expired item of a table without a stream is deleted too', async () => {
  await put('ended', inSeconds(-5), 'a', 'Aside');
  await eventually(async () => expect(await get('ended', 'Aside')).toBeUndefined(), WAIT_MS);
});

test('a deletion by a client is not attributed to the service, and items that expired over five years ago stay', async () => {
  await put('deleted', inSeconds(3600));
  await put('ancient', inSeconds(-6 * 366 * 24 * 3600));
  await put('no time', 0);
  await dynamodb.send(
    new DeleteItemCommand({ TableName: cloud.tables.Store, Key: { id: { S: 'deleted' } } }),
  );
  await put('after them', inSeconds(-5));
  await eventually(() => expect(noted('ByTime', 'after them')).toHaveLength(1), WAIT_MS);
  await eventually(() => expect(noted('Everything', 'deleted')).toHaveLength(2));
  expect(noted('Everything', 'deleted').at(-1)).not.toHaveProperty('userIdentity');
  expect(noted('ByTime', 'deleted')).toEqual([]);
  expect(await get('ancient')).toBeDefined();
  expect(await get('no time')).toBeDefined();
});
