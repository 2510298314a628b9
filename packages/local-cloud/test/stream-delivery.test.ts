import { Faults } from '../src/faults.js';
import { FunctionError } from '../src/lambda/function-error.js';
import { StreamDelivery } from '../src/mappings/stream-delivery.js';
import type { StreamRecord } from '../src/mappings/stream-record.js';
import { lambdaKinds } from '../src/template/kinds/lambda.js';

const record = (n: number, ageSeconds = 0): StreamRecord => ({
  eventID: `e${n}`,
  eventName: 'INSERT',
  eventVersion: '1.1',
  eventSource: 'aws:dynamodb',
  awsRegion: 'us-east-1',
  eventSourceARN: 'arn:stream',
  dynamodb: {
    ApproximateCreationDateTime: Math.floor(Date.now() / 1000) - ageSeconds,
    Keys: {},
    SequenceNumber: String(n),
    SizeBytes: 1,
    StreamViewType: 'NEW_IMAGE',
  },
});
const records = (...numbers: number[]) => numbers.map((n) => record(n));

/**
 * Delivers to a function of the test. Records its batches, the failure messages and the position in the shard.
 */
async function deliver(given: StreamRecord[], properties: object, answer: (numbers: number[]) => unknown) {
  const batches: number[][] = [];
  // biome-ignore lint/suspicious/noExplicitAny: the message is read without a type
  const givenUp: any[] = [];
  const positions: string[] = [];
  const delivery = new StreamDelivery({
    properties: lambdaKinds['AWS::Lambda::EventSourceMapping'].properties.parse({
      FunctionName: 'work',
      EventSourceArn: 'arn:stream',
      ...properties,
    }),
    functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:work',
    invoke: async (event) => {
      const numbers = (event as { Records: StreamRecord[] }).Records.map((it) =>
        Number(it.dynamodb.SequenceNumber),
      );
      batches.push(numbers);
      return answer(numbers);
    },
    onFailure: (message) => givenUp.push(JSON.parse(message)),
    advance: (_shardId, sequenceNumber) => positions.push(sequenceNumber),
    log: () => {},
    faults: new Faults(),
    signal: new AbortController().signal,
  });
  await delivery.deliver('shard-1', given);
  return { batches, givenUp, positions };
}

const fail = () => {
  throw new FunctionError('Error', 'no');
};
const reporting = { FunctionResponseTypes: ['ReportBatchItemFailures'] };
const failing = (...sequenceNumbers: number[]) => ({
  batchItemFailures: sequenceNumbers.map((n) => ({ itemIdentifier: String(n) })),
});

test('a failed batch is delivered again until it succeeds', async () => {
  let attempts = 0;
  const { batches, positions } = await deliver(records(1, 2), {}, () => (++attempts < 3 ? fail() : {}));
  expect(batches).toEqual([
    [1, 2],
    [1, 2],
    [1, 2],
  ]);
  expect(positions).toEqual(['2']);
});

test('after the last attempt a batch is discarded, and the destination gets a message', async () => {
  const { batches, givenUp, positions } = await deliver(records(1, 2), { MaximumRetryAttempts: 2 }, fail);
  expect(batches).toHaveLength(3);
  expect(positions).toEqual(['2']);
  expect(givenUp).toMatchObject([
    {
      requestContext: {
        functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:work',
        condition: 'RetryAttemptsExhausted',
        approximateInvokeCount: 3,
      },
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      version: '1.0',
      DDBStreamBatchInfo: {
        shardId: 'shard-1',
        startSequenceNumber: '1',
        endSequenceNumber: '2',
        batchSize: 2,
        streamArn: 'arn:stream',
      },
    },
  ]);
});

test('bisecting finds the one record that fails; all others succeed', async () => {
  const properties = { BisectBatchOnFunctionError: true, MaximumRetryAttempts: 0 };
  const { batches, givenUp, positions } = await deliver(records(1, 2, 3, 4, 5), properties, (numbers) =>
    numbers.includes(4) ? fail() : {},
  );
  expect(batches).toEqual([[1, 2, 3, 4, 5], [1, 2, 3], [4, 5], [4], [5]]);
  expect(givenUp.map(({ DDBStreamBatchInfo }) => DDBStreamBatchInfo.startSequenceNumber)).toEqual(['4']);
  expect(positions).toEqual(['3', '4', '5']);
});

test('after a report of failures the batch resumes at the first of them', async () => {
  let attempts = 0;
  const { batches, positions } = await deliver(records(1, 2, 3, 4), reporting, () =>
    ++attempts === 1 ? failing(4, 3) : undefined,
  );
  expect(batches).toEqual([
    [1, 2, 3, 4],
    [3, 4],
  ]);
  expect(positions).toEqual(['2', '4']);
});

test('a record that always fails is discarded after its retries, with the records after it', async () => {
  const { batches, givenUp } = await deliver(
    records(1, 2, 3),
    { ...reporting, MaximumRetryAttempts: 1 },
    (numbers) => failing(Math.max(2, numbers[0] ?? 0)),
  );
  expect(batches).toEqual([
    [1, 2, 3],
    [2, 3],
  ]);
  expect(givenUp[0]?.DDBStreamBatchInfo).toMatchObject({ startSequenceNumber: '2', batchSize: 2 });
});

test.each([
  ['an unknown record', failing(9)],
  ['no text', { batchItemFailures: [{ itemIdentifier: 1 }] }],
])('a report of %s fails the whole batch', async (_what, report) => {
  let attempts = 0;
  const { batches } = await deliver(records(1, 2), reporting, () => (++attempts === 1 ? report : {}));
  expect(batches).toEqual([
    [1, 2],
    [1, 2],
  ]);
});

test('a report is ignored without ReportBatchItemFailures', async () => {
  expect((await deliver(records(1, 2), {}, () => failing(1))).batches).toEqual([[1, 2]]);
});

test('records that are too old are discarded without an invocation', async () => {
  const given = [record(1, 600), record(2, 600), record(3)];
  const { batches, givenUp } = await deliver(given, { MaximumRecordAgeInSeconds: 120 }, () => ({}));
  expect(batches).toEqual([[3]]);
  expect(givenUp).toMatchObject([
    {
      requestContext: { condition: 'RecordAgeExceeded', approximateInvokeCount: 0 },
      DDBStreamBatchInfo: { startSequenceNumber: '1', endSequenceNumber: '2', batchSize: 2 },
    },
  ]);
});
