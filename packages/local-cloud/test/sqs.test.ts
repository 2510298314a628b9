import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { Faults } from '../src/faults.js';
import { type ServicesServer, startServicesServer } from '../src/services/services-server.js';
import { noJournal, openQueueJournal, type QueueJournal } from '../src/sqs/queue-journal.js';
import { Queues } from '../src/sqs/queues.js';
import { sqsService } from '../src/sqs/sqs-service.js';
import { messagingKinds } from '../src/template/kinds/messaging.js';
import { removeFolders, temporaryFolder } from './support/stack.js';

const arn = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;
const toDeadLetters = { RedrivePolicy: { deadLetterTargetArn: arn('dead-letters'), maxReceiveCount: 2 } };

let server: ServicesServer;
let queues: Queues;
let client: SQSClient;
const url = (name = 'inbox') => `${server.url}/000000000000/${name}`;

async function start(journal: QueueJournal = noJournal): Promise<void> {
  server = await startServicesServer();
  const schema = messagingKinds['AWS::SQS::Queue'].properties;
  const settings = { inbox: {}, redriven: toDeadLetters, 'dead-letters': {}, slow: { DelaySeconds: 1 } };
  queues = new Queues(
    Object.entries(settings).map(([name, properties]) => ({
      name,
      arn: arn(name),
      url: url(name),
      properties: schema.parse(properties),
    })),
    journal,
    new Faults(),
  );
  server.use(sqsService(queues));
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  client = new SQSClient({ endpoint: server.url, region: 'us-east-1', credentials, maxAttempts: 1 });
}

async function stop(): Promise<void> {
  client.destroy();
  queues.stop();
  await server.stop();
}

const send = (MessageBody: string, more: object = {}) =>
  client.send(new SendMessageCommand({ QueueUrl: url(), MessageBody, ...more }));
const receive = async (more: object = {}) => {
  const command = new ReceiveMessageCommand({ QueueUrl: url(), MaxNumberOfMessages: 10, ...more });
  return (await client.send(command)).Messages ?? [];
};
const bodies = async (more: object = {}) => (await receive(more)).map(({ Body }) => Body);

beforeEach(() => start());
afterEach(stop);
afterAll(removeFolders);

test('a message is received with its attributes, and no longer exists after its deletion', async () => {
  const MessageAttributes = {
    color: { DataType: 'String', StringValue: 'blue' },
    bytes: { DataType: 'Binary', BinaryValue: Buffer.from([1, 2, 3]) },
  };
  await send('hello 🚆', { MessageAttributes });
  const [message] = await receive({ MessageAttributeNames: ['All'], MessageSystemAttributeNames: ['All'] });
  expect(message).toMatchObject({
    Body: 'hello 🚆',
    Attributes: { ApproximateReceiveCount: '1' },
    MessageAttributes: { color: { DataType: 'String', StringValue: 'blue' } },
    // Computed by an independent implementation of the AWS rule, in Python.
    MD5OfMessageAttributes: 'c39f288e6936e821b7bd0ee7752d348e',
  });
  expect(Buffer.from(message?.MessageAttributes?.bytes?.BinaryValue ?? [])).toEqual(Buffer.from([1, 2, 3]));
  await client.send(new DeleteMessageCommand({ QueueUrl: url(), ReceiptHandle: message?.ReceiptHandle }));
  expect(queues.byName('inbox').depth).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
});

test('a received message is hidden until its visibility timeout ends, and its receives are counted', async () => {
  await send('once more');
  expect(await bodies({ VisibilityTimeout: 1 })).toEqual(['once more']);
  expect(await bodies()).toEqual([]);
  const [again] = await receive({
    WaitTimeSeconds: 3,
    MessageSystemAttributeNames: ['ApproximateReceiveCount'],
  });
  expect(again?.Attributes).toEqual({ ApproximateReceiveCount: '2' });
});

test('the visibility of a message can be changed; an older receipt has no effect', async () => {
  await send('a');
  const [first] = await receive();
  const change = (ReceiptHandle: string | undefined, VisibilityTimeout: number) =>
    client.send(new ChangeMessageVisibilityCommand({ QueueUrl: url(), ReceiptHandle, VisibilityTimeout }));
  await change(first?.ReceiptHandle, 0);
  const [second] = await receive();
  expect(second?.MessageId).toBe(first?.MessageId);
  await client.send(new DeleteMessageCommand({ QueueUrl: url(), ReceiptHandle: first?.ReceiptHandle }));
  await expect(change(first?.ReceiptHandle, 0)).rejects.toMatchObject({ name: 'MessageNotInflight' });
  await change(second?.ReceiptHandle, 0);
  expect(await bodies()).toEqual(['a']);
});

test('a long poll is answered by the next message, at once', async () => {
  const begun = Date.now();
  const waiting = bodies({ WaitTimeSeconds: 10 });
  await delay(150);
  await send('there it is');
  expect(await waiting).toEqual(['there it is']);
  expect(Date.now() - begun).toBeLessThan(1000);
});

test('an aborted long poll does not take a message', async () => {
  const abort = new AbortController();
  const waiting = client.send(new ReceiveMessageCommand({ QueueUrl: url(), WaitTimeSeconds: 10 }), {
    abortSignal: abort.signal,
  });
  await delay(100);
  abort.abort();
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  await delay(100);
  await send('for somebody else');
  expect(await bodies()).toEqual(['for somebody else']);
});

test('delays: of the message, else of the queue', async () => {
  await send('later', { DelaySeconds: 1 });
  await client.send(new SendMessageCommand({ QueueUrl: url('slow'), MessageBody: 'slow' }));
  await client.send(new SendMessageCommand({ QueueUrl: url('slow'), MessageBody: 'quick', DelaySeconds: 0 }));
  expect(queues.byName('slow').depth).toEqual({ visible: 1, inFlight: 0, delayed: 1 });
  expect([await bodies(), await bodies({ QueueUrl: url('slow') })]).toEqual([[], ['quick']]);
  const late = [bodies({ WaitTimeSeconds: 3 }), bodies({ QueueUrl: url('slow'), WaitTimeSeconds: 3 })];
  expect(await Promise.all(late)).toEqual([['later'], ['slow']]);
});

test('a message moves to the dead-letter queue after too many receives', async () => {
  await client.send(new SendMessageCommand({ QueueUrl: url('redriven'), MessageBody: 'poison' }));
  const again = () => bodies({ QueueUrl: url('redriven'), VisibilityTimeout: 0 });
  expect([await again(), await again(), await again()]).toEqual([['poison'], ['poison'], []]);
  expect(await bodies({ QueueUrl: url('dead-letters') })).toEqual(['poison']);
});

test('in a batch, entries fail one by one', async () => {
  const Entries = [
    { Id: 'good', MessageBody: 'good' },
    { Id: 'late', MessageBody: 'x', DelaySeconds: 901 },
    { Id: 'large', MessageBody: 'x'.repeat(1_048_577 - 100_000), MessageAttributes: {} },
  ];
  const { Successful, Failed } = await client.send(new SendMessageBatchCommand({ QueueUrl: url(), Entries }));
  expect(Successful?.map(({ Id }) => Id)).toEqual(['good', 'large']);
  expect(Failed).toMatchObject([{ Id: 'late', SenderFault: true, Code: 'InvalidParameterValue' }]);

  const [message] = await receive({ MaxNumberOfMessages: 1 });
  const deleted = await client.send(
    new DeleteMessageBatchCommand({
      QueueUrl: url(),
      Entries: [
        { Id: '1', ReceiptHandle: message?.ReceiptHandle },
        { Id: '2', ReceiptHandle: 'nonsense' },
      ],
    }),
  );
  expect(deleted.Successful?.map(({ Id }) => Id)).toEqual(['1']);
  expect(deleted.Failed).toMatchObject([{ Id: '2', Code: 'ReceiptHandleIsInvalid' }]);
});

describe('errors have the names of the SDK', () => {
  const entries = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ Id: `${i}`, MessageBody: 'x' }));
  const batch = (Entries: ReturnType<typeof entries>) =>
    client.send(new SendMessageBatchCommand({ QueueUrl: url(), Entries }));

  test.each<[string, () => Promise<unknown>]>([
    [
      'QueueDoesNotExist',
      () => client.send(new SendMessageCommand({ QueueUrl: url('nobody'), MessageBody: 'x' })),
    ],
    ['QueueDoesNotExist', () => client.send(new GetQueueUrlCommand({ QueueName: 'nobody' }))],
    ['InvalidParameterValue', () => send('x', { DelaySeconds: 901 })],
    ['InvalidParameterValue', () => send('x'.repeat(1_048_577))],
    ['TooManyEntriesInBatchRequest', () => batch(entries(11))],
    ['EmptyBatchRequest', () => batch([])],
    ['BatchEntryIdsNotDistinct', () => batch([...entries(1), ...entries(1)])],
    ['BatchRequestTooLong', () => batch([...entries(2), { Id: 'l', MessageBody: 'x'.repeat(1_048_576) }])],
    [
      'ReceiptHandleIsInvalid',
      () => client.send(new DeleteMessageCommand({ QueueUrl: url(), ReceiptHandle: 'x' })),
    ],
  ])('%s', async (name, request) => {
    await expect(request()).rejects.toMatchObject({ name });
  });
});

test('queues are found, described and purged', async () => {
  await send('a');
  const { QueueUrls } = await client.send(new ListQueuesCommand({ QueueNamePrefix: 'in' }));
  const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: 'inbox' }));
  expect([QueueUrls, QueueUrl]).toEqual([[url()], url()]);
  const describe = async () => {
    const AttributeNames = ['ApproximateNumberOfMessages' as const, 'VisibilityTimeout' as const];
    return (await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }))).Attributes;
  };
  expect(await describe()).toEqual({ ApproximateNumberOfMessages: '1', VisibilityTimeout: '30' });
  await client.send(new PurgeQueueCommand({ QueueUrl }));
  expect(await describe()).toMatchObject({ ApproximateNumberOfMessages: '0' });
});

test('with a journal, messages survive a restart, even when its last line is incomplete', async () => {
  await stop();
  const file = join(temporaryFolder(), 'queues.journal');
  await start(openQueueJournal(file));
  for (const body of ['deleted', 'in flight', 'waiting']) await send(body);
  await client.send(new SendMessageCommand({ QueueUrl: url('redriven'), MessageBody: 'counted' }));
  await receive({ QueueUrl: url('redriven'), VisibilityTimeout: 0 });
  const [first] = await receive({ MaxNumberOfMessages: 2 });
  await client.send(new DeleteMessageCommand({ QueueUrl: url(), ReceiptHandle: first?.ReceiptHandle }));
  await send('delayed', { DelaySeconds: 1 });
  await stop();
  appendFileSync(file, '{"op":"sent","queue":"inbox","id":"cut of');

  await start(openQueueJournal(file));
  expect(await bodies()).toEqual(['in flight', 'waiting']);
  expect(await bodies({ WaitTimeSeconds: 3 })).toEqual(['delayed']);
  const system = { MessageSystemAttributeNames: ['ApproximateReceiveCount'] };
  const [counted] = await receive({ QueueUrl: url('redriven'), ...system });
  expect(counted).toMatchObject({ Body: 'counted', Attributes: { ApproximateReceiveCount: '2' } });
});
