import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { MiddlewareObj } from '@middy/core';
import { loggedRequestId } from './log.js';

/**
 * CloudWatch bills every combination of namespace, name and dimensions. So the namespace is that of the deployment
 * (POWERTOOLS_METRICS_NAMESPACE), the one dimension is the same in all functions, and nothing of a user, box, device or
 * reason is a dimension.
 */
const metrics = new Metrics({ serviceName: 'cpm-sync' });

/**
 * What an event adds to a metric. `by`: why or of what kind it was; that is counted beside the metric, in the same line
 * of the log as `<name>By.<by>`, where it costs nothing and CloudWatch Logs Insights finds it.
 */
export interface Measured {
  readonly name: string;
  readonly unit: typeof MetricUnit.Count | typeof MetricUnit.Milliseconds;
  readonly value: number;
  readonly by?: string;
}

export const count = (name: string, value = 1, by?: string): Measured => ({
  name,
  unit: MetricUnit.Count,
  value,
  ...(by !== undefined && { by }),
});

/** A time of which the distribution counts: median and p99, not the sum. */
export const milliseconds = (name: string, value: number): Measured => ({
  name,
  unit: MetricUnit.Milliseconds,
  value,
});

const sums = new Map<string, number>();
const sumsBy = new Map<string, number>();

const add = (to: Map<string, number>, key: string, value: number) => to.set(key, (to.get(key) ?? 0) + value);

/** Counts are summed up over an invocation; of times each one is kept. What is no number is left out. */
export function measure({ name, unit, value, by }: Measured): void {
  if (!Number.isFinite(value)) return;
  if (unit !== MetricUnit.Count) return void metrics.addMetric(name, unit, value);
  add(sums, name, value);
  if (by !== undefined) add(sumsBy, `${name}By.${by}`, value);
}

/** Writes what the invocation has measured: one line in the embedded metric format, or none. */
export function publishMetrics(): void {
  for (const [name, value] of sums) metrics.addMetric(name, MetricUnit.Count, value);
  for (const [name, value] of sumsBy) metrics.addMetadata(name, String(value));
  sums.clear();
  sumsBy.clear();
  if (!metrics.hasStoredMetrics()) return;
  const requestId = loggedRequestId();
  if (requestId !== undefined) metrics.addMetadata('requestId', requestId);
  metrics.publishStoredMetrics();
}

/** For every handler: an invocation that failed has measured something too. */
export const measured: Required<Pick<MiddlewareObj, 'after' | 'onError'>> = {
  after: () => publishMetrics(),
  onError: () => publishMetrics(),
};
