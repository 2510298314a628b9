import { Duration } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { EventSourceMapping, FilterCriteria, FilterRule, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { SyncFunction } from './sync-function.js';

/** Rows of the commit log as they are added; heads, receipts and elements concern nobody here. */
const NEW_COMMITS = FilterCriteria.filter({
  eventName: FilterRule.isEqual('INSERT'),
  dynamodb: { Keys: { sk: { S: FilterRule.beginsWith('C#') } } },
});

/**
 * Commits of the store's stream. What still fails after the retries is described in the failure queue, before the
 * stream drops it (after 24 hours).
 */
export function readCommits(reader: SyncFunction, store: ITable, failures: IQueue): void {
  reader.followsStream(store, failures);
  new EventSourceMapping(reader, 'Commits', {
    target: reader,
    eventSourceArn: store.tableStreamArn ?? '',
    startingPosition: StartingPosition.TRIM_HORIZON, // no commit between table and mapping is missed
    filters: [NEW_COMMITS],
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
