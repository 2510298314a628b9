import { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Stage } from '../settings.js';

/** Monitored resources, by the names in alarms and graphs. */
export interface Monitored {
  readonly stage: Stage;
  /** Functions that answer requests, and functions in the background. At most ten each, the limit of a metric expression. */
  readonly functions: Readonly<Record<'Http' | 'Socket' | 'Worker', readonly IFunction[]>>;
  readonly sync: IFunction;
  /** Work queues, each with the maximum age of its oldest message. */
  readonly queues: Readonly<Record<string, { readonly queue: IQueue; readonly oldest: Duration }>>;
  /** Queues in which each message is a failure. */
  readonly failures: Readonly<Record<string, IQueue>>;
  readonly streamReaders: Readonly<Record<string, IFunction>>;
  readonly tables: Readonly<Record<string, ITable>>;
  readonly httpApiId: string;
  readonly socketApiId: string;
}

const MINUTE = Duration.minutes(1);
export const FIVE_MINUTES = Duration.minutes(5);

const { SUM, MAXIMUM } = Stats;

/** A metric that functions write: see functions/runtime/observability/observe.ts. */
export const ownMetric = (stage: Stage, metricName: string, statistic = SUM, period = MINUTE): Metric =>
  new Metric({
    namespace: `cpm-sync-${stage}`,
    metricName,
    dimensionsMap: { service: 'cpm-sync' },
    statistic,
    period,
  });

export const gatewayMetric = (apiId: string, metricName: string, statistic = SUM, period = MINUTE): Metric =>
  new Metric({
    namespace: 'AWS/ApiGateway',
    metricName,
    dimensionsMap: { ApiId: apiId },
    statistic,
    period,
  });

export const tableMetric = (table: ITable, metricName: string, statistic = SUM, period = MINUTE): Metric =>
  new Metric({
    namespace: 'AWS/DynamoDB',
    metricName,
    dimensionsMap: { TableName: table.tableName },
    statistic,
    period,
  });

export const iteratorAge = (reader: IFunction): IMetric =>
  reader.metric('IteratorAge', { statistic: MAXIMUM, period: MINUTE });

export const messagesIn = (queue: IQueue): IMetric =>
  queue.metricApproximateNumberOfMessagesVisible({ statistic: MAXIMUM, period: MINUTE });

export const oldestIn = (queue: IQueue): IMetric =>
  queue.metricApproximateAgeOfOldestMessage({ statistic: MAXIMUM, period: MINUTE });

/** The sum of metrics. A metric without data in a period counts as 0. */
export function sum(metrics: readonly IMetric[], label: string, period = MINUTE, id = 'm'): MathExpression {
  const usingMetrics = Object.fromEntries(metrics.map((metric, i) => [`${id}${i}`, metric]));
  return new MathExpression({
    expression: `SUM([${Object.keys(usingMetrics).join(', ')}])`,
    usingMetrics,
    label,
    period,
  });
}

/** A share in percent. It is 0 below `atLeast` events, where a single event would be a large share. */
export const share = (
  part: readonly IMetric[],
  all: readonly IMetric[],
  { atLeast, label, period = FIVE_MINUTES }: { atLeast: number; label: string; period?: Duration },
): MathExpression =>
  new MathExpression({
    expression: `IF(total >= ${atLeast}, 100 * part / total, 0)`,
    usingMetrics: { part: sum(part, 'part', period, 'part'), total: sum(all, 'all', period, 'all') },
    label,
    period,
  });
