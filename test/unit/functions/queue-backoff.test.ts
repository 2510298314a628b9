import { SQSClient } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { QueueBackoff, waitSeconds } from '../../../functions/runtime/batch/queue-backoff.js';
import { capturedLog } from './captured-log.js';
import { clientOf, type Service, type ServiceAnswer, startService } from './service.js';

const log = capturedLog();
const given = { answer: { status: 200, body: { Successful: [], Failed: [] } } as ServiceAnswer };
let service: Service;
let backoff: QueueBackoff;
beforeEach(async () => {
  service = await startService(() => given.answer);
  backoff = new QueueBackoff(new SQSClient(clientOf(service)), `${service.url}/1234/pushes`, () => 0.5);
});
afterEach(() => service.close());

const record = (receiptHandle: string, receives: number) =>
  ({ receiptHandle, attributes: { ApproximateReceiveCount: String(receives) } }) as unknown as SQSRecord;

test.each([
  [1, [1, 1]],
  [2, [3, 4]],
  [3, [9, 13]],
  [4, [27, 40]],
  [5, [60, 60]],
])('a message received %i times waits for %j seconds, as chance will have it', (receives, [least, most]) => {
  expect([waitSeconds(receives, 0), waitSeconds(receives, 0.999)]).toEqual([least, most]);
});

test('messages that failed are postponed together, each by the number of its receives', async () => {
  await backoff.postpone([record('a', 1), record('b', 3)]);
  expect(service.requests.map(({ body }) => JSON.parse(body))).toEqual([
    {
      QueueUrl: `${service.url}/1234/pushes`,
      Entries: [
        { Id: '0', ReceiptHandle: 'a', VisibilityTimeout: 1 },
        { Id: '1', ReceiptHandle: 'b', VisibilityTimeout: 11 },
      ],
    },
  ]);
});

test('where nothing failed nobody is asked', async () => {
  await backoff.postpone([]);
  expect(service.requests).toEqual([]);
});

test.each<[string, ServiceAnswer]>([
  ['the queue does not answer', { status: 500 }],
  ['the queue refuses one', { status: 200, body: { Successful: [], Failed: [{ Id: '0', Code: 'Gone' }] } }],
])('where %s the failure is noted, and the messages come by themselves', async (_, answer) => {
  given.answer = answer;
  await backoff.postpone([record('a', 1)]);
  expect(log.text()).toContain('messages not postponed');
});
