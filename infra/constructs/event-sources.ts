import { Duration } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { FilterCriteria, FilterRule, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource, SqsDlq, SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';

/** Rows of the commit log as they are added; heads, receipts and elements concern nobody here. */
const NEW_COMMITS = FilterCriteria.filter({
  eventName: FilterRule.isEqual('INSERT'),
  dynamodb: { Keys: { sk: { S: FilterRule.beginsWith('C#') } } },
});

/**
 * Commits of the store's stream. What still fails after the retries is described in the failure queue, before the
 * stream drops it (after 24 hours).
 */
export const commitsOf = (store: ITable, failures: IQueue): DynamoEventSource =>
  new DynamoEventSource(store, {
    startingPosition: StartingPosition.TRIM_HORIZON, // no commit between table and mapping is missed
    filters: [NEW_COMMITS],
    batchSize: 100,
    bisectBatchOnError: true,
    reportBatchItemFailures: true,
    retryAttempts: 10,
    maxRecordAge: Duration.hours(22),
    onFailure: new SqsDlq(failures),
  });

export const pushesOf = (queue: IQueue): SqsEventSource =>
  new SqsEventSource(queue, { batchSize: 10, reportBatchItemFailures: true });

/** One container at a time, and few at once: pieces of one box all write its head, and so do its users' commits. */
export const reapingOf = (queue: IQueue): SqsEventSource =>
  new SqsEventSource(queue, { batchSize: 1, maxConcurrency: 5, reportBatchItemFailures: true });
