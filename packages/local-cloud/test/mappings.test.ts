import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  BatchWriteItemCommand,
  DeleteItemCommand,
  DynamoDBClient,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { startLocalCloud } from '../src/local-cloud.js';
import type { LocalCloud } from '../src/local-cloud-options.js';
import { LocalCloudProblem } from '../src/problem.js';
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

const STREAM = { 'Fn::GetAtt': ['Store', 'StreamArn'] };
const filter = (pattern: object) => ({ FilterCriteria: { Filters: [{ Pattern: JSON.stringify(pattern) }] } });
const startingWith = (prefix: string) => ({ dynamodb: { Keys: { id: { S: [{ prefix }] } } } });

const CODE = {
  Watcher: `${NOTE}export const handler = ({ Records }) => { for (const it of Records) note({ at: Date.now(), it }); };`,
  Picky: `${NOTE}export const handler = ({ Records }) => {
    note(Records.map((it) => it.dynamodb.Keys.id.S));
    if (Records.some((it) => it.dynamodb.Keys.id.S === 'p-poison')) throw new Error('poison');
  };`,
  Slow: `${NOTE}export const handler = async ({ Records }) => {
    note({ begun: Records.map((it) => it.dynamodb.Keys.id.S) });
    await new Promise((resolve) => setTimeout(resolve, 400));
    note({ done: Records.map((it) => it.dynamodb.Keys.id.S) });
  };`,
  Worker: `${NOTE}export const handler = async ({ Records }) => {
    const batchItemFailures = [];
    for (const it of Records) {
      const { fail = 0, ms = 0 } = JSON.parse(it.body);
      await new Promise((resolve) => setTimeout(resolve, ms));
      const failed = Number(it.attributes.ApproximateReceiveCount) <= fail;
      if (failed) batchItemFailures.push({ itemIdentifier: it.messageId });
      note({ body: it.body, failed, record: it });
    }
    return { batchItemFailures };
  };`,
};

let cloud: LocalCloud;
let notes: string;
let dynamodb: DynamoDBClient;
let sqs: SQSClient;

const noted = (name: keyof typeof CODE) => readNotes(join(notes, name));
const put = (id: string, more: Record<string, { S: string }> = {}) =>
  dynamodb.send(new PutItemCommand({ TableName: cloud.tables.Store, Item: { id: { S: id }, ...more } }));
const remove = (id: string) =>
  dynamodb.send(new DeleteItemCommand({ TableName: cloud.tables.Store, Key: { id: { S: id } } }));
const send = (body: object, name = 'Work') =>
  sqs.send(
    new SendMessageCommand({
      QueueUrl: `${cloud.servicesUrl}/000000000000/Test-${name}`,
      MessageBody: JSON.stringify(body),
    }),
  );
const received = async (name: string) => {
  const QueueUrl = `${cloud.servicesUrl}/000000000000/Test-${name}`;
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 5 }));
  return Messages.map(({ Body }) => JSON.parse(Body ?? ''));
};

beforeAll(async () => {
  notes = temporaryFolder();
  const functions = Object.keys(CODE).map((name) => [
    name,
    aFunction(name, { Environment: { Variables: { NOTES: join(notes, name) } } }),
  ]);
  const resources = {
    ...Object.fromEntries(functions),
    Store: aTable(),
    Lost: aQueue(),
    Dead: aQueue(),
    Work: aQueue({
      VisibilityTimeout: 60,
      RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['Dead', 'Arn'] }, maxReceiveCount: 3 },
    }),
    WatcherMapping: aMapping('Watcher', STREAM, {
      StartingPosition: 'LATEST',
      ...filter(startingWith('w-')),
    }),
    PickyMapping: aMapping('Picky', STREAM, {
      StartingPosition: 'TRIM_HORIZON',
      MaximumBatchingWindowInSeconds: 1,
      BisectBatchOnFunctionError: true,
      MaximumRetryAttempts: 1,
      DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': ['Lost', 'Arn'] } } },
      ...filter({ eventName: ['INSERT'], ...startingWith('p-') }),
    }),
    SlowMapping: aMapping('Slow', STREAM, { StartingPosition: 'LATEST', ...filter(startingWith('s-')) }),
    WorkMapping: aMapping(
      'Worker',
      { 'Fn::GetAtt': ['Work', 'Arn'] },
      {
        BatchSize: 5,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ScalingConfig: { MaximumConcurrency: 2 },
        ...filter({ body: { kind: [{ exists: false }] } }),
      },
    ),
  };
  cloud = await startLocalCloud({
    port: 0,
    outDir: writeStack({ resources, code: CODE }),
    failedMessageRetryMs: 100,
  });
  const credentials = { accessKeyId: 'localcloud', secretAccessKey: 'x' };
  dynamodb = new DynamoDBClient({ endpoint: cloud.dynamodbEndpoint, region: 'us-east-1', credentials });
  sqs = new SQSClient({ endpoint: cloud.servicesUrl, region: 'us-east-1', credentials });
}, 30_000);
afterAll(async () => {
  dynamodb.destroy();
  sqs.destroy();
  await cloud.stop();
  removeFolders();
});

describe('a stream of a table', () => {
  test('delivers records that pass the filter, in order, with images in DynamoDB JSON', async () => {
    await put('w-1', { text: { S: 'one' } });
    await put('x-other');
    await put('w-1', { text: { S: 'two' } });
    await remove('w-1');
    const seen = await eventually(() => {
      const records = noted('Watcher').map(({ it }) => it);
      expect(records).toHaveLength(3);
      return records;
    });
    expect(seen.map(({ eventName }) => eventName)).toEqual(['INSERT', 'MODIFY', 'REMOVE']);
    expect(seen[1]).toMatchObject({
      eventSource: 'aws:dynamodb',
      awsRegion: 'us-east-1',
      eventSourceARN: 'arn:aws:dynamodb:us-east-1:000000000000:table/Test-Store/stream/local',
      dynamodb: {
        Keys: { id: { S: 'w-1' } },
        OldImage: { id: { S: 'w-1' }, text: { S: 'one' } },
        NewImage: { id: { S: 'w-1' }, text: { S: 'two' } },
        StreamViewType: 'NEW_AND_OLD_IMAGES',
      },
    });
    expect(seen[2]).not.toHaveProperty('userIdentity');
    expect(Math.abs(seen[0].dynamodb.ApproximateCreationDateTime - Date.now() / 1000)).toBeLessThan(20);
  });

  test('is read soon after a write', async () => {
    const latencies: number[] = [];
    for (let i = 0; i < 9; i++) {
      const begun = Date.now();
      await put(`w-soon-${i}`);
      const note = await eventually(() => {
        const found = noted('Watcher').find(({ it }) => it.dynamodb.Keys.id.S === `w-soon-${i}`);
        expect(found).toBeDefined();
        return found;
      });
      latencies.push(note.at - begun);
    }
    expect(latencies.sort((a, b) => a - b)[4]).toBeLessThan(150);
  });

  test('is batched for the window and bisected after a failure; discarded records go to the destination', async () => {
    const ids = ['p-1', 'p-2', 'p-poison', 'p-4'];
    const puts = ids.map((id) => ({ PutRequest: { Item: { id: { S: id } } } }));
    await dynamodb.send(new BatchWriteItemCommand({ RequestItems: { [cloud.tables.Store ?? '']: puts } }));
    const [message] = await received('Lost');
    expect(message).toMatchObject({
      requestContext: { condition: 'RetryAttemptsExhausted' },
      DDBStreamBatchInfo: { batchSize: 1, streamArn: expect.stringContaining('table/Test-Store') },
    });
    await eventually(() => {
      const batches: string[][] = noted('Picky');
      expect(batches[0]).toHaveLength(4);
      const taken = batches.filter((batch) => !batch.includes('p-poison')).flat();
      expect(taken.sort()).toEqual(['p-1', 'p-2', 'p-4']);
      expect(batches.filter((batch) => batch.join() === 'p-poison')).toHaveLength(2);
    });
  });

  test('is delivered after a worker was ended during an invocation', async () => {
    await put('s-1');
    await eventually(() => expect(noted('Slow')).toEqual([{ begun: ['s-1'] }]));
    expect(await cloud.chaos.terminateWorker('Slow')).toBe('Test-Slow');
    await eventually(() => expect(noted('Slow').at(-1)).toEqual({ done: ['s-1'] }));
    expect(noted('Slow').filter(({ begun }) => begun)).toHaveLength(2);
  });

  test('delivers batches twice when a fault is set', async () => {
    cloud.faults.rates.doubleBatch = 1;
    await put('w-twice');
    await eventually(() => {
      const seen = noted('Watcher').filter(({ it }) => it.dynamodb.Keys.id.S === 'w-twice');
      expect(seen).toHaveLength(2);
    });
    cloud.faults.rates.doubleBatch = 0;
    expect(cloud.faults.counts.doubledBatches).toBeGreaterThan(0);
  });
});

describe('a queue', () => {
  test('delivers a message until its function succeeds, without the others of its batch', async () => {
    await Promise.all([send({ n: 1 }), send({ n: 2, fail: 2 }), send({ n: 3 })]);
    await eventually(() => {
      const taken = noted('Worker')
        .filter(({ failed }) => !failed)
        .map(({ body }) => JSON.parse(body).n);
      expect(taken.sort()).toEqual([1, 2, 3]);
    });
    const second = noted('Worker').filter(({ body }) => JSON.parse(body).n === 2);
    expect(second.map(({ failed }) => failed)).toEqual([true, true, false]);
    expect(second[2]?.record).toMatchObject({
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:Test-Work',
      attributes: { ApproximateReceiveCount: '3' },
      messageAttributes: {},
      messageId: expect.any(String),
      receiptHandle: expect.any(String),
      md5OfBody: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    // It is deleted a moment after its function has succeeded.
    await eventually(() => {
      expect(cloud.queueDepths()['Test-Work']).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
    });
  });

  test('moves a message that always fails to its dead-letter queue', async () => {
    await send({ n: 'poison', fail: 99 });
    expect(await received('Dead')).toEqual([{ n: 'poison', fail: 99 }]);
    expect(noted('Worker').filter(({ body }) => JSON.parse(body).n === 'poison')).toHaveLength(3);
  });

  test('deletes messages that do not pass the filter', async () => {
    await send({ n: 'unwanted', kind: 'other' });
    await eventually(() => {
      expect(cloud.queueDepths()['Test-Work']).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
    });
    expect(noted('Worker').some(({ body }) => JSON.parse(body).n === 'unwanted')).toBe(false);
  });

  test('delivers a message again after its worker was ended', async () => {
    await send({ n: 'hard', ms: 500 });
    await eventually(() => expect(cloud.queueDepths()['Test-Work']?.inFlight).toBe(1));
    await delay(100);
    await cloud.chaos.terminateWorker('Worker');
    await eventually(() => {
      const taken = noted('Worker').filter(({ body }) => JSON.parse(body).n === 'hard');
      expect(taken.map(({ record }) => record.attributes.ApproximateReceiveCount)).toEqual(['2']);
    });
  });

  test('delivers messages twice when a fault is set', async () => {
    cloud.faults.rates.doubleMessage = 1;
    await send({ n: 'twice', ms: 50 });
    await eventually(() => {
      const seen = noted('Worker').filter(({ body }) => JSON.parse(body).n === 'twice');
      expect(seen.length).toBeGreaterThanOrEqual(2);
    });
    cloud.faults.rates.doubleMessage = 0;
    expect(cloud.faults.counts.doubledMessages).toBeGreaterThan(0);
  });
});

test('the error names a mapping whose source is not in the template', async () => {
  const source = 'arn:aws:dynamodb:us-east-1:000000000000:table/Nobody/stream/local';
  const resources = {
    Watcher: aFunction('Watcher'),
    It: aMapping('Watcher', source, { StartingPosition: 'LATEST' }),
  };
  const outDir = writeStack({ resources, code: { Watcher: CODE.Watcher } });
  await expect(startLocalCloud({ port: 0, outDir })).rejects.toEqual(
    new LocalCloudProblem('AWS::Lambda::EventSourceMapping "It": the table Nobody is not in the template'),
  );
});
