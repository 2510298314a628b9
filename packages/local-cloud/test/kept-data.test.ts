import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { startLocalCloud } from '../src/local-cloud.js';
import { LocalCloudProblem } from '../src/problem.js';
import { killCloudProcesses, startCloudProcess } from './support/cloud-process.js';
import { eventually } from './support/eventually.js';
import { NOTE, readNotes } from './support/notes.js';
import {
  aFunction,
  aMapping,
  aQueue,
  aTable,
  removeFolders,
  temporaryFolder,
  writeStack,
} from './support/stack.js';

jest.setTimeout(40_000);

const credentials = { accessKeyId: 'localcloud', secretAccessKey: 'x' };
const region = 'us-east-1';

afterAll(() => {
  killCloudProcesses();
  removeFolders();
});

/** The URLs of a cloud, in this process or another. */
interface Reachable {
  readonly issuer: string;
  readonly dynamodbEndpoint: string | undefined;
  readonly servicesUrl: string;
  readonly tables: Readonly<Record<string, string>>;
}

function stackNotingTo(file: string) {
  const NOTES = file;
  // Slow, so that the kill leaves undelivered records.
  const code = `${NOTE}export const handler = async ({ Records }) => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (const it of Records) note(it.dynamodb?.Keys.id.S ?? it.body);
  };`;
  return writeStack({
    resources: {
      Work: aFunction('Work', { Environment: { Variables: { NOTES } } }),
      Store: aTable(),
      Inbox: aQueue(),
      Key: { Type: 'AWS::SecretsManager::Secret', Properties: { GenerateSecretString: {} } },
      FromStore: aMapping(
        'Work',
        { 'Fn::GetAtt': ['Store', 'StreamArn'] },
        { StartingPosition: 'LATEST', BatchSize: 1 },
      ),
      FromInbox: aMapping('Work', { 'Fn::GetAtt': ['Inbox', 'Arn'] }),
    },
    code: { Work: code },
  });
}

async function put(cloud: Reachable, ids: string[]): Promise<void> {
  const client = new DynamoDBClient({ endpoint: cloud.dynamodbEndpoint ?? '', region, credentials });
  for (const id of ids) {
    await client.send(new PutItemCommand({ TableName: cloud.tables.Store, Item: { id: { S: id } } }));
  }
  client.destroy();
}

async function itemIds(cloud: Reachable): Promise<string[]> {
  const client = new DynamoDBClient({ endpoint: cloud.dynamodbEndpoint ?? '', region, credentials });
  const { Items = [] } = await client.send(new ScanCommand({ TableName: cloud.tables.Store }));
  client.destroy();
  return Items.map(({ id }) => id?.S ?? '');
}

async function secret(cloud: Reachable): Promise<string | undefined> {
  const client = new SecretsManagerClient({ endpoint: cloud.servicesUrl, region, credentials });
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: 'Test-Key' }));
  client.destroy();
  return SecretString;
}

async function send(cloud: Reachable, body: string, DelaySeconds: number): Promise<void> {
  const client = new SQSClient({ endpoint: cloud.servicesUrl, region, credentials });
  const QueueUrl = `${cloud.servicesUrl}/000000000000/Test-Inbox`;
  await client.send(new SendMessageCommand({ QueueUrl, MessageBody: body, DelaySeconds }));
  client.destroy();
}

const publishedKey = async ({ issuer }: Reachable): Promise<string> =>
  (await (await fetch(`${issuer}/.well-known/jwks.json`)).json()).keys[0].kid;

test('items, messages, secret and signing key survive a kill, and every stream record is delivered', async () => {
  const file = join(temporaryFolder(), 'notes');
  const outDir = stackNotingTo(file);
  const dataDir = join(temporaryFolder(), 'data');
  const first = await startCloudProcess(outDir, '--data', dataDir);
  const ids = Array.from({ length: 30 }, (_, i) => `item-${i}`);
  await send(first, 'message', 1);
  await put(first, ids);
  const [firstSecret, firstKey] = [await secret(first), await publishedKey(first)];
  await first.end('SIGKILL');
  const deliveredBefore = readNotes(file).length;
  // Tests the restart only if some records were not delivered before it.
  expect(deliveredBefore).toBeLessThan(ids.length);
  await eventually(() => expect(fetch(first.dynamodbEndpoint)).rejects.toThrow('fetch failed'));

  const second = await startLocalCloud({ port: 0, outDir, dataDir });
  expect((await itemIds(second)).sort()).toEqual([...ids].sort());
  expect([await secret(second), await publishedKey(second)]).toEqual([firstSecret, firstKey]);
  await eventually(() => expect(new Set(readNotes(file))).toEqual(new Set([...ids, 'message'])));
  const known = readNotes(file).length;
  await put(second, ['last']);
  await eventually(() => expect(readNotes(file).at(-1)).toBe('last'));
  await second.stop();
  expect(existsSync(join(dataDir, 'lock'))).toBe(false);

  // After a normal end, nothing is delivered again.
  const third = await startLocalCloud({ port: 0, outDir, dataDir });
  await put(third, ['after']);
  await eventually(() => expect(readNotes(file).at(-1)).toBe('after'));
  expect(readNotes(file).slice(known)).toEqual(['last', 'after']);
  await third.stop();
});

test('a data folder is used by one cloud at a time, and taken over from a killed one', async () => {
  const dataDir = join(temporaryFolder(), 'data');
  const outDir = writeStack({ resources: {} });
  const first = await startCloudProcess(outDir, '--data', dataDir);
  await expect(startLocalCloud({ port: 0, outDir, dataDir })).rejects.toEqual(
    new LocalCloudProblem(
      `The data folder ${dataDir} is in use by process ${first.pid}: stop it, or choose another folder`,
    ),
  );
  expect(statSync(dataDir).mode & 0o777).toBe(0o700);
  await first.end('SIGKILL');
  expect(existsSync(join(dataDir, 'lock'))).toBe(true);
  const second = await startLocalCloud({ port: 0, outDir, dataDir });
  expect(JSON.parse(readFileSync(join(dataDir, 'lock'), 'utf8')).pid).toBe(process.pid);
  await second.stop();
});
