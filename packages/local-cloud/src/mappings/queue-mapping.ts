import type { Invoke } from '../lambda/functions.js';
import { type Delivery, md5 } from '../sqs/message.js';
import type { Queue } from '../sqs/queue.js';
import { systemAttributes } from '../sqs/sqs-service.js';
import type { EventFilter } from './filter.js';
import { invokeWithBatch } from './outcome.js';

const LONG_POLL_MS = 20_000;

/** An event source mapping of a queue. */
export interface QueueMappingSettings {
  readonly queue: Queue;
  readonly invoke: Invoke;
  readonly region: string;
  readonly batchSize: number;
  readonly batchingWindowMs: number;
  /** Greatest number of concurrent batches. */
  readonly concurrency: number;
  readonly reportsFailures: boolean;
  readonly filter: EventFilter;
  /**
   * A failed message is visible again after this time, or when the visibility timeout of the queue ends, if that is
   * earlier. Lambda always waits for the visibility timeout, which may take minutes.
   */
  readonly retryAfterMs: number;
  readonly signal: AbortSignal;
}

/** Delivers the messages of a queue to a function. Ends when the signal aborts. */
export async function runQueueMapping(settings: QueueMappingSettings): Promise<void> {
  await Promise.all(Array.from({ length: settings.concurrency }, () => poll(settings)));
}

async function poll(settings: QueueMappingSettings): Promise<void> {
  while (!settings.signal.aborted) {
    const deliveries = await receiveBatch(settings);
    if (deliveries.length > 0) await process(settings, deliveries);
  }
}

async function receiveBatch({ queue, batchSize, batchingWindowMs, signal }: QueueMappingSettings) {
  const deliveries = await queue.receive({ max: batchSize, waitMs: LONG_POLL_MS, signal });
  const until = Date.now() + batchingWindowMs;
  while (deliveries.length > 0 && deliveries.length < batchSize && Date.now() < until && !signal.aborted) {
    const max = batchSize - deliveries.length;
    deliveries.push(...(await queue.receive({ max, waitMs: until - Date.now(), signal })));
  }
  return deliveries;
}

async function process(settings: QueueMappingSettings, received: Delivery[]): Promise<void> {
  const { queue, invoke, reportsFailures, filter, retryAfterMs, signal } = settings;
  const pairs = received.map((delivery) => ({ delivery, record: queueRecord(settings, delivery) }));
  // Lambda deletes messages that do not pass the filter.
  for (const { delivery } of pairs.filter(({ record }) => !filter(record))) queue.delete(delivery.receipt);
  const wanted = pairs.filter(({ record }) => filter(record));
  if (wanted.length === 0) return;
  const identifiers = reportsFailures ? new Set(wanted.map(({ record }) => record.messageId)) : undefined;
  const outcome = await invokeWithBatch(
    invoke,
    wanted.map(({ record }) => record),
    identifiers,
  );
  // An invocation that the end of the cloud interrupted has not failed: the journal keeps its messages.
  if (signal.aborted && outcome.kind !== 'done') return;
  for (const { delivery, record } of wanted) {
    const failed =
      outcome.kind === 'failed' || (outcome.kind === 'partly' && outcome.failed.has(record.messageId));
    if (failed) queue.release(delivery, retryAfterMs);
    else queue.delete(delivery.receipt);
  }
}

function queueRecord({ queue, region }: QueueMappingSettings, delivery: Delivery) {
  const { message, receipt } = delivery;
  return {
    messageId: message.id,
    receiptHandle: receipt,
    body: message.body,
    attributes: systemAttributes(delivery),
    messageAttributes: Object.fromEntries(
      Object.entries(message.attributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
        name,
        {
          dataType: DataType,
          stringListValues: [],
          binaryListValues: [],
          ...(StringValue !== undefined && { stringValue: StringValue }),
          ...(BinaryValue !== undefined && { binaryValue: BinaryValue }),
        },
      ]),
    ),
    md5OfBody: md5(message.body),
    eventSource: 'aws:sqs',
    eventSourceARN: queue.settings.arn,
    awsRegion: region,
  };
}
