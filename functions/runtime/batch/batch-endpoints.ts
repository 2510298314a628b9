import middy from '@middy/core';
import type {
  Context,
  DynamoDBBatchResponse,
  DynamoDBRecord,
  DynamoDBStreamEvent,
  SQSBatchResponse,
  SQSEvent,
} from 'aws-lambda';
import type * as z from 'zod/mini';
import { LAST_WORDS_MS, withinTime } from '../deadline.js';
import { inInvocation } from '../invocation.js';
import { beginLog, describeError, logger } from '../observability/log.js';
import { count, measure, measured } from '../observability/metrics.js';
import type { QueueBackoff } from './queue-backoff.js';

/** Consumes all items at once, and logs each failure. @returns ids of the failed items, in order */
async function failedOf<Item>(
  items: readonly Item[],
  idOf: (item: Item) => string,
  consume: (item: Item) => Promise<void>,
): Promise<string[]> {
  const results = await Promise.allSettled(items.map(async (item) => consume(item)));
  return items.flatMap((item, i) => {
    const result = results[i];
    if (result?.status !== 'rejected') return [];
    measure(count('RecordsFailed'));
    logger.error('record failed', { record: idOf(item), error: describeError(result.reason) });
    return [idOf(item)];
  });
}

/**
 * The handler of a function that consumes messages of a queue. Each message succeeds or fails alone, also one that times out.
 * SQS delivers a failed message again after the time of `backoff`, or after the visibility timeout of the queue. After the
 * last attempt SQS moves it to the dead-letter queue.
 */
export const queueEndpoint = <Schema extends z.ZodMiniType>(
  schema: Schema,
  consume: (message: z.infer<Schema>) => Promise<void>,
  backoff?: Pick<QueueBackoff, 'postpone'>,
) =>
  inInvocation(
    middy<SQSEvent, SQSBatchResponse, Error, Context>()
      .use(measured)
      .before(({ context }) => beginLog(context.awsRequestId))
      .handler(async ({ Records }, context) => {
        const restMs = context.getRemainingTimeInMillis() - LAST_WORDS_MS;
        const failed = await failedOf(
          Records,
          ({ messageId }) => messageId,
          ({ body }) => withinTime(consume(messageOf(schema, body)), restMs),
        );
        await backoff?.postpone(Records.filter(({ messageId }) => failed.includes(messageId)));
        return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
      }),
  );

const sequenceOf = ({ dynamodb }: DynamoDBRecord): string => dynamodb?.SequenceNumber ?? '';

/**
 * The handler of a function that reads a table's stream. Records of a group succeed or fail together. Lambda continues with
 * the first failed record, so that it can deliver later records twice.
 * @param read the item and the group of a record; undefined to skip the record
 */
export const streamEndpoint = <Group, Item>(
  read: (record: DynamoDBRecord) => { readonly group: Group; readonly item: Item } | undefined,
  consume: (group: Group, items: readonly Item[]) => Promise<void>,
) =>
  inInvocation(
    middy<DynamoDBStreamEvent, DynamoDBBatchResponse, Error, Context>()
      .use(measured)
      .before(({ context }) => beginLog(context.awsRequestId))
      .handler(async ({ Records }) => {
        const readings = new Map(Records.map((record) => [record, attempt(() => read(record))]));
        const groups = new Map<Group, Item[]>();
        for (const { value } of readings.values()) {
          if (value) groups.set(value.group, [...(groups.get(value.group) ?? []), value.item]);
        }
        const work = new Map([...groups].map(([group, items]) => [group, consume(group, items)]));
        const failed = await failedOf(Records, sequenceOf, async (record) => {
          const { value, error } = readings.get(record) ?? {};
          if (error) throw error;
          if (value) await work.get(value.group);
        });
        return { batchItemFailures: failed.slice(0, 1).map((itemIdentifier) => ({ itemIdentifier })) };
      }),
  );

function attempt<T>(act: () => T): { value?: T; error?: unknown } {
  try {
    return { value: act() };
  } catch (error) {
    return { error };
  }
}

function messageOf<Schema extends z.ZodMiniType>(schema: Schema, body: string): z.infer<Schema> {
  const result = schema.safeParse(JSON.parse(body), { reportInput: true });
  if (!result.success)
    throw new Error('the message must match the schema of its queue', { cause: result.error });
  return result.data;
}
