import { createHash } from 'node:crypto';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { PushMessage } from '../../../core/ports/push.js';
import { pushMessageSchema } from '../../../functions/runtime/aws/queue-messages.js';
import { SqsQueue } from '../../../functions/runtime/aws/sqs-queue.js';
import { deviceIdSchema, instanceIdSchema, userIdSchema } from '../../../protocol/ids.js';
import { capturedLog } from './captured-log.js';
import { clientOf, type Service, type ServiceAnswer, startService } from './service.js';

capturedLog();

interface Entry {
  readonly Id: string;
  readonly MessageBody: string;
  readonly DelaySeconds: number;
}

const service = { answer: (_entries: Entry[]): ServiceAnswer => ({ status: 500 }) };
let server: Service;
let queue: SqsQueue<PushMessage>;

beforeEach(async () => {
  server = await startService(({ body }) => service.answer(JSON.parse(body).Entries));
  queue = new SqsQueue(new SQSClient(clientOf(server)), `${server.url}/1234/pushes`);
});
afterEach(() => server.close());

const entriesOf = ({ requests }: Service): Entry[][] => requests.map(({ body }) => JSON.parse(body).Entries);

const push = (by: number, deviceId = 'phone') => ({
  message: {
    box: userIdSchema.parse('tel:+15550100'),
    deviceId: deviceIdSchema.parse(deviceId),
    instanceId: instanceIdSchema.parse('b7e0'),
    by,
    dueMs: 1_772_000_000_000,
  },
  delaySeconds: by % 900,
});
/** As the queue says that it took a message; the SDK compares the digest with what it sent. */
const taken = ({ Id, MessageBody }: Entry) => ({
  Id,
  MessageId: Id,
  MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex'),
});
const takeAll = (entries: Entry[]): ServiceAnswer => ({
  status: 200,
  body: { Successful: entries.map(taken), Failed: [] },
});

test('pushes are sent in tens, each under its own id with its own delay', async () => {
  service.answer = takeAll;
  const pushes = Array.from({ length: 23 }, (_, i) => push(i + 1));
  expect(await queue.send(pushes)).toEqual([]);
  const batches = entriesOf(server).sort((a, b) => b.length - a.length);
  expect(batches.map(({ length }) => length)).toEqual([10, 10, 3]);
  for (const batch of batches) expect(new Set(batch.map(({ Id }) => Id)).size).toBe(batch.length);
  const sent = batches
    .flat()
    .map(({ MessageBody, DelaySeconds }) => [JSON.parse(MessageBody).by, DelaySeconds]);
  expect(sent.sort(([a], [b]) => a - b)).toEqual(
    pushes.map(({ message, delaySeconds }) => [message.by, delaySeconds]),
  );
});

test('the pushes that the queue did not take come back', async () => {
  service.answer = (entries) => ({
    status: 200,
    body: {
      Successful: entries.filter((_, i) => i !== 1).map(taken),
      Failed: [{ Id: entries[1]?.Id, Code: 'ServiceUnavailable', SenderFault: false }],
    },
  });
  const pushes = [push(1), push(2), push(3)];
  expect(await queue.send(pushes)).toEqual([push(2).message]);
});

test('a batch that is refused as a whole comes back as a whole, and the other is sent', async () => {
  service.answer = (entries) =>
    entries.length === 10 ? { status: 503, body: { __type: 'ServiceUnavailable' } } : takeAll(entries);
  const pushes = Array.from({ length: 12 }, (_, i) => push(i + 1));
  expect(await queue.send(pushes)).toEqual(pushes.slice(0, 10).map(({ message }) => message));
});

test('no push is no request', async () => {
  expect(await queue.send([])).toEqual([]);
  expect(server.requests).toEqual([]);
});

test('a message is sent in ASCII, and its schema reads back what was meant', async () => {
  service.answer = takeAll;
  const strange = push(1, 'Zoës 📱 \uffff');
  await queue.send([strange]);
  const [body = ''] = entriesOf(server)
    .flat()
    .map(({ MessageBody }) => MessageBody);
  expect(body).toMatch(/^[ -~]+$/);
  expect(pushMessageSchema.parse(JSON.parse(body))).toEqual(strange.message);
});
