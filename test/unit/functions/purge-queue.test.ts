import { createHash } from 'node:crypto';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { PurgeMessage } from '../../../core/ports/purge-queue.js';
import { purgeMessageSchema } from '../../../functions/runtime/aws/queue-messages.js';
import { SqsQueue } from '../../../functions/runtime/aws/sqs-queue.js';
import {
  conversationIdSchema,
  folderIdSchema,
  sessionIdSchema,
  userIdSchema,
} from '../../../protocol/ids.js';
import { capturedLog } from './captured-log.js';
import { clientOf, type Service, startService } from './service.js';

capturedLog();

interface Entry {
  readonly Id: string;
  readonly MessageBody: string;
  readonly DelaySeconds: number;
}

const box = userIdSchema.parse('tel:+15550100');
const conversationId = conversationIdSchema.parse('c9');
const messages: PurgeMessage[] = [
  { box, index: 7, modSeq: 3, container: { type: 'folder', id: folderIdSchema.parse('Familie "#1" 📁') } },
  {
    box,
    index: 7,
    modSeq: 3,
    container: { type: 'conversationHistory', id: conversationId },
    after: 'E#c9#M#\ud7ff\uffff',
  },
  {
    box,
    index: 7,
    modSeq: 3,
    container: { type: 'sessionHistory', id: sessionIdSchema.parse('s1'), conversationId },
    isEmpty: true,
  },
];

let refused: string | undefined;
let server: Service;
let queue: SqsQueue<PurgeMessage>;

beforeEach(async () => {
  refused = undefined;
  server = await startService(({ body }) => {
    const entries: Entry[] = JSON.parse(body).Entries;
    const Successful = entries
      .filter(({ Id }) => Id !== refused)
      .map(({ Id, MessageBody }) => ({
        Id,
        MessageId: Id,
        MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex'),
      }));
    const Failed = entries
      .filter(({ Id }) => Id === refused)
      .map(({ Id }) => ({ Id, Code: 'InternalError' }));
    return { status: 200, body: { Successful, Failed } };
  });
  queue = new SqsQueue(new SQSClient(clientOf(server)), `${server.url}/1234/purging`);
});
afterEach(() => server.close());

test('messages are sent with their delay, and their schema reads back what was meant', async () => {
  await queue.sendAll(messages, 90);
  const entries: Entry[] = server.requests.flatMap(({ body }) => JSON.parse(body).Entries);
  expect(entries.map(({ DelaySeconds }) => DelaySeconds)).toEqual([90, 90, 90]);
  expect(entries.map(({ MessageBody }) => purgeMessageSchema.parse(JSON.parse(MessageBody)))).toEqual(
    messages,
  );
});

test('a message that the queue did not take is an error', async () => {
  refused = '1';
  await expect(queue.sendAll(messages, 0)).rejects.toThrow('did not take 1 messages');
});

test.each([
  [{ box, index: 7, modSeq: 3, container: { type: 'message', id: 'm1' } }],
  [{ box, index: 7, modSeq: 3, container: { type: 'sessionHistory', id: 's1' } }],
  [{ box, index: 0, modSeq: 3, container: { type: 'folder', id: 'f1' } }],
  [{ box, modSeq: 7, container: { type: 'folder', id: 'f1' } }],
])('%j is no message of this queue', (message) => {
  expect(purgeMessageSchema.safeParse(message).success).toBe(false);
});
