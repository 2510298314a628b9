import type { MiddlewareObj } from '@middy/core';
import { loggedRequestId } from './log.js';
import { writeLine } from './logger.js';

/**
 * CloudWatch bills every combination of namespace, name and dimensions. So the namespace is that of the deployment
 * (METRICS_NAMESPACE), the one dimension is the same in all functions, and nothing of a user, box, device or reason is a
 * dimension.
 */
const SERVICE = 'cpm-sync';
const DEFAULT_NAMESPACE = 'cpm-sync';

type Unit = 'Count' | 'Milliseconds' | 'None';

/** What one line of the embedded metric format holds of a metric. */
const VALUES_PER_LINE = 100;

/**
 * What an event adds to a metric. `by`: why or of what kind it was; that is counted beside the metric, in the same line
 * of the log as `<name>By.<by>`, where it costs nothing and CloudWatch Logs Insights finds it.
 */
export interface Measured {
  readonly name: string;
  readonly unit: Unit;
  readonly value: number;
  readonly by?: string;
}

export const count = (name: string, value = 1, by?: string): Measured => ({
  name,
  unit: 'Count',
  value,
  ...(by !== undefined && { by }),
});

/** A time of which the distribution counts: median and p99, not the sum. */
export const milliseconds = (name: string, value: number): Measured => ({
  name,
  unit: 'Milliseconds',
  value,
});

/** How much there is of something, of which the largest counts, not the sum. */
export const amount = (name: string, value: number): Measured => ({ name, unit: 'None', value });

const sums = new Map<string, number>();
const sumsBy = new Map<string, number>();
const values = new Map<string, Values>(); // times and amounts

interface Values {
  readonly unit: Unit;
  readonly all: number[];
}

const add = (to: Map<string, number>, key: string, value: number) => to.set(key, (to.get(key) ?? 0) + value);

/** Counts are summed up over an invocation; of times and amounts each one is kept. What is no number is left out. */
export function measure({ name, unit, value, by }: Measured): void {
  if (!Number.isFinite(value)) return;
  if (unit !== 'Count')
    return void values.set(name, { unit, all: [...(values.get(name)?.all ?? []), value] });
  add(sums, name, value);
  if (by !== undefined) add(sumsBy, `${name}By.${by}`, value);
}

/** Writes what the invocation has measured: one line in the embedded metric format, more for many values, or none. */
export function publishMetrics(): void {
  const [counts, reasons, rest] = [new Map(sums), new Map(sumsBy), new Map(values)];
  for (const each of [sums, sumsBy, values]) each.clear();
  while (counts.size > 0 || rest.size > 0) {
    const some = new Map(
      [...rest].map(([name, { unit, all }]) => [name, { unit, all: all.splice(0, VALUES_PER_LINE) }]),
    );
    writeLine(lineOf(counts, some, reasons));
    for (const each of [counts, reasons]) each.clear();
    for (const [name, { all }] of rest) if (all.length === 0) rest.delete(name);
  }
}

/** Source: CloudWatch embedded metric format specification. */
function lineOf(
  counts: ReadonlyMap<string, number>,
  some: ReadonlyMap<string, Values>,
  reasons: ReadonlyMap<string, number>,
) {
  const unitOf = (unit: Unit) => (name: string) => ({ Name: name, Unit: unit });
  const metrics = [
    ...[...counts.keys()].map(unitOf('Count')),
    ...[...some].map(([name, { unit }]) => unitOf(unit)(name)),
  ];
  return {
    _aws: {
      Timestamp: Date.now(),
      CloudWatchMetrics: [
        {
          Namespace: process.env.METRICS_NAMESPACE ?? DEFAULT_NAMESPACE,
          Dimensions: [['service']],
          Metrics: metrics,
        },
      ],
    },
    service: SERVICE,
    ...Object.fromEntries(counts),
    ...Object.fromEntries([...some].map(([name, { all }]) => [name, all.length === 1 ? all[0] : all])),
    ...Object.fromEntries([...reasons].map(([name, value]) => [name, String(value)])),
    requestId: loggedRequestId(),
  };
}

/** For every handler: an invocation that failed has measured something too. */
export const measured: Required<Pick<MiddlewareObj, 'after' | 'onError'>> = {
  after: () => publishMetrics(),
  onError: () => publishMetrics(),
};
