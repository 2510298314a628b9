import type { DynamoDBStreamEvent, SQSEvent } from 'aws-lambda';
import { pushMessageSchema } from '../../../functions/runtime/aws/queue-messages.js';
import { queueEndpoint, streamEndpoint } from '../../../functions/runtime/batch/batch-endpoints.js';
import { capturedLog } from './captured-log.js';
import { context } from './gateway-events.js';

const log = capturedLog();

const push = (by: number) => ({ box: 'tel:+15550100', deviceId: 'phone', instanceId: 'b7e0', by, dueMs: 5 });
const messages = (...bodies: string[]): SQSEvent =>
  ({ Records: bodies.map((body, i) => ({ messageId: `m${i}`, body })) }) as unknown as SQSEvent;
const stream = (...numbers: string[]): DynamoDBStreamEvent =>
  ({
    Records: numbers.map((SequenceNumber) => ({ dynamodb: { SequenceNumber } })),
  }) as unknown as DynamoDBStreamEvent;

test('messages succeed or fail one by one', async () => {
  const seen: number[] = [];
  const handler = queueEndpoint(pushMessageSchema, async ({ by }) => {
    seen.push(by);
    if (by === 2) throw new Error('the socket is gone');
  });
  const bodies = [push(1), push(2), push(3)].map((message) => JSON.stringify(message));
  expect(await handler(messages(...bodies), context())).toEqual({
    batchItemFailures: [{ itemIdentifier: 'm1' }],
  });
  expect(seen.sort()).toEqual([1, 2, 3]);
});

test.each([
  ['is not JSON', 'tel:+15550100'],
  ['lacks a member', JSON.stringify({ ...push(1), box: undefined })],
  ['has one too many', JSON.stringify({ ...push(1), extra: 'tel:+15550100' })],
])('a message that %s fails without reaching its consumer, and is not quoted in the log', async (_, body) => {
  const handler = queueEndpoint(pushMessageSchema, async () => {
    throw new Error('consumed');
  });
  const answer = await handler(messages(JSON.stringify(push(1)), body), context());
  expect(answer.batchItemFailures).toContainEqual({ itemIdentifier: 'm1' });
  expect(log.text()).toContain('m1');
  expect(log.text()).not.toContain('15550100');
  expect(log.text().match(/consumed/g)).toHaveLength(1); // the other message alone
});

test('every failure is logged with its record and the id of the invocation, and counted', async () => {
  const handler = queueEndpoint(pushMessageSchema, async () => {
    throw new Error('outer', { cause: new Error('inner') });
  });
  await handler(messages(JSON.stringify(push(1))), context());
  expect(log.lines()).toEqual([
    expect.objectContaining({ level: 'ERROR', requestId: 'a5b7', record: 'm0' }),
    expect.objectContaining({ RecordsFailed: 1, requestId: 'a5b7' }),
  ]);
  expect(log.text()).toContain('inner');
});

test('messages that failed are postponed, and those alone', async () => {
  const postponed: string[] = [];
  const backoff = {
    postpone: async (records: readonly { messageId: string }[]) => {
      postponed.push(...records.map(({ messageId }) => messageId));
    },
  };
  const consume = async ({ by }: { by: number }) => {
    if (by === 2) throw new Error('no');
  };
  const handler = queueEndpoint(pushMessageSchema, consume, backoff);
  await handler(messages(JSON.stringify(push(1)), JSON.stringify(push(2)), 'no JSON'), context());
  expect(postponed).toEqual(['m1', 'm2']);
});

test('a message that takes too long fails alone, before the function would be cut off', async () => {
  const handler = queueEndpoint(pushMessageSchema, async ({ by }) => {
    if (by === 2) await new Promise(() => {});
  });
  const bodies = [push(1), push(2)].map((message) => JSON.stringify(message));
  expect(await handler(messages(...bodies), context(550))).toEqual({
    batchItemFailures: [{ itemIdentifier: 'm1' }],
  });
});

describe('of a stream', () => {
  type Numbered = { dynamodb?: { SequenceNumber?: string } };
  const numberOf = ({ dynamodb }: Numbered) => Number(dynamodb?.SequenceNumber);
  const consumed: [string, readonly number[]][] = [];
  /** Odd and even ones are a group each; 5 cannot be read, and 0 is nothing to do. */
  const handlerFailing = (...failing: string[]) =>
    streamEndpoint<string, number>(
      (record) => {
        const number = numberOf(record);
        if (number === 5) throw new Error('cannot be read');
        return number === 0 ? undefined : { group: number % 2 ? 'odd' : 'even', item: number };
      },
      async (group, items) => {
        consumed.push([group, items]);
        if (failing.includes(group)) throw new Error('no');
      },
    );
  beforeEach(() => {
    consumed.length = 0;
  });

  test('the records of a group come together, in their order, and what is nothing to do does not fail', async () => {
    expect(await handlerFailing()(stream('0', '1', '2', '3'), context())).toEqual({ batchItemFailures: [] });
    expect(consumed).toEqual([
      ['odd', [1, 3]],
      ['even', [2]],
    ]);
  });

  test.each([
    ['the first of a group that failed', ['1', '2', '3', '4'], ['even'], '2'],
    ['the first of all that failed', ['1', '2', '3', '4'], ['odd', 'even'], '1'],
    ['one that could not be read, though its group is done', ['1', '5', '2'], [], '5'],
  ])('it goes on from %s', async (_, numbers, failing, from) => {
    expect(await handlerFailing(...failing)(stream(...numbers), context())).toEqual({
      batchItemFailures: [{ itemIdentifier: from }],
    });
    expect(consumed).toHaveLength(2);
  });
});
