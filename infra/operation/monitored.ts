import { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Stage } from '../settings.js';

/** What runs, by the names that alarms and graphs have. */
export interface Monitored {
  readonly stage: Stage;
  /** Which functions answer requests, and which do the work behind them; at most ten each (one expression's metrics). */
  readonly functions: Readonly<Record<'Http' | 'Socket' | 'Worker', readonly IFunction[]>>;
  readonly sync: IFunction;
  /** Queues of work: how old the oldest message may be before somebody looks. */
  readonly queues: Readonly<Record<string, { readonly queue: IQueue; readonly oldest: Duration }>>;
  /** Queues in which anything at all is a failure. */
  readonly failures: Readonly<Record<string, IQueue>>;
  readonly streamReaders: Readonly<Record<string, IFunction>>;
  readonly tables: Readonly<Record<string, ITable>>;
  readonly httpApiId: string;
  readonly socketApiId: string;
}

export const MINUTE = Duration.minutes(1);
export const FIVE_MINUTES = Duration.minutes(5);
export const HOUR = Duration.hours(1);

const { SUM, MAXIMUM } = Stats;

/** What functions measure themselves: functions/runtime/observability/observe.ts. */
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

/** The sum of metrics; one that has nothing to say in a period is left out of it. */
export function sum(metrics: readonly IMetric[], label: string, period = MINUTE, id = 'm'): MathExpression {
  const usingMetrics = Object.fromEntries(metrics.map((metric, i) => [`${id}${i}`, metric]));
  return new MathExpression({
    expression: `SUM([${Object.keys(usingMetrics).join(', ')}])`,
    usingMetrics,
    label,
    period,
  });
}

/** How many of a hundred; none as long as there are fewer than `atLeast`, of which one would be many. */
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
