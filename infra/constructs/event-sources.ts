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

/** Selects log entries that changed elements. Other entries, the anchor and elements concern no device. */
const NEW_COMMITS = FilterCriteria.filter({
  eventName: FilterRule.isEqual('INSERT'),
  dynamodb: { ...ENTRY, NewImage: { rowCount: { N: FilterRule.exists() } } },
});

/** Selects all log entries, because the projector applies each to the view. */
const NEW_ENTRIES = FilterCriteria.filter({ eventName: FilterRule.isEqual('INSERT'), dynamodb: ENTRY });

/** Selects contents and timers that the database removed after their time to live, not those that a function removed. */
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
 * An event source with records of the store's stream. A stream allows two readers without throttling. A record that fails
 * after all retries is described in the failure queue. The stream keeps it for 24 hours.
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
    startingPosition: StartingPosition.TRIM_HORIZON, // includes records from before the mapping existed
    batchSize: 100,
    bisectBatchOnError: true,
    reportBatchItemFailures: true,
    retryAttempts: 10,
    maxRecordAge: Duration.hours(22),
    onFailure: { bind: () => ({ destination: failures.queueArn }) },
  });
}

/** An event source with messages of a queue, at most `atOnce` concurrent batches. Each message succeeds or fails alone. */
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
