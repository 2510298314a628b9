import { Duration } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import {
  EventSourceMapping,
  type EventSourceMappingProps,
  FilterCriteria,
  FilterRule,
  StartingPosition,
} from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { SyncFunction } from './sync-function.js';

const ENTRY = { Keys: { sk: { S: FilterRule.beginsWith('L#') } } };

/** Log entries that changed elements; entries without number, the anchor and elements concern no device. */
const NEW_COMMITS = FilterCriteria.filter({
  eventName: FilterRule.isEqual('INSERT'),
  dynamodb: { ...ENTRY, NewImage: { rowCount: { N: FilterRule.exists() } } },
});

/** Every log entry: the view follows all of them. */
const NEW_ENTRIES = FilterCriteria.filter({ eventName: FilterRule.isEqual('INSERT'), dynamodb: ENTRY });

/** Contents and timers that the database has removed after their time; what a function removes concerns nobody here. */
const EXPIRED = ['E#', 'T#'].map((prefix) =>
  FilterCriteria.filter({
    eventName: FilterRule.isEqual('REMOVE'),
    userIdentity: {
      type: FilterRule.isEqual('Service'),
      principalId: FilterRule.isEqual('dynamodb.amazonaws.com'),
    },
    dynamodb: { Keys: { sk: { S: FilterRule.beginsWith(prefix) } } },
  }),
);

export const readCommits = (reader: SyncFunction, store: ITable, failures: IQueue): void =>
  readStream(reader, 'Commits', store, failures, { filters: [NEW_COMMITS] });

export const projectLog = (reader: SyncFunction, store: ITable, failures: IQueue): void =>
  readStream(reader, 'Log', store, failures, { filters: [NEW_ENTRIES, ...EXPIRED] });

/**
 * Records of the store's stream, which takes two readers: with more of them they slow each other down. What still fails
 * after the retries is described in the failure queue, before the stream drops it (after 24 hours).
 */
function readStream(
  reader: SyncFunction,
  id: string,
  store: ITable,
  failures: IQueue,
  what: Pick<EventSourceMappingProps, 'filters'>,
): void {
  reader.followsStream(store, failures);
  new EventSourceMapping(reader, id, {
    ...what,
    target: reader,
    eventSourceArn: store.tableStreamArn ?? '',
    startingPosition: StartingPosition.TRIM_HORIZON, // nothing between table and mapping is missed
    batchSize: 100,
    bisectBatchOnError: true,
    reportBatchItemFailures: true,
    retryAttempts: 10,
    maxRecordAge: Duration.hours(22),
    onFailure: { bind: () => ({ destination: failures.queueArn }) },
  });
}

/** Messages of a queue, at most `atOnce` batches at a time; each message succeeds or fails alone. */
export function takeMessages(
  consumer: SyncFunction,
  queue: IQueue,
  { batchSize, atOnce }: { batchSize: number; atOnce: number },
): void {
  consumer.takesFrom(queue);
  new EventSourceMapping(consumer, 'Messages', {
    target: consumer,
    eventSourceArn: queue.queueArn,
    batchSize,
    maxConcurrency: atOnce,
    reportBatchItemFailures: true,
  });
}
