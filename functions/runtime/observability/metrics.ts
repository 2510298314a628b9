import type { MiddlewareObj } from '@middy/core';
import { loggedRequestId } from './log.js';
import { writeLine } from './logger.js';

/**
 * CloudWatch bills each combination of namespace, name and dimensions. So METRICS_NAMESPACE names the deployment, and all
 * functions have the same single dimension. A user, box, device or reason is never a dimension.
 */
const SERVICE = 'cpm-sync';
const DEFAULT_NAMESPACE = 'cpm-sync';

type Unit = 'Count' | 'Milliseconds' | 'None';

/** The values of a metric in one line of the embedded metric format. */
const VALUES_PER_LINE = 100;

/**
 * The contribution of an event to a metric. `by`: its reason or kind. The same line of the log counts it as `<name>By.<by>`,
 * which CloudWatch does not bill and Logs Insights finds.
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

/** A duration, measured by its distribution (median and p99), not by its sum. Unit: ms. */
export const milliseconds = (name: string, value: number): Measured => ({
  name,
  unit: 'Milliseconds',
  value,
});

/** An amount, measured by its maximum, not by its sum. */
export const amount = (name: string, value: number): Measured => ({ name, unit: 'None', value });

const sums = new Map<string, number>();
const sumsBy = new Map<string, number>();
const values = new Map<string, Values>(); // durations and amounts

interface Values {
  readonly unit: Unit;
  readonly all: number[];
}

const add = (to: Map<string, number>, key: string, value: number) => to.set(key, (to.get(key) ?? 0) + value);

/** Adds counts of an invocation up, and keeps each duration and amount. Skips a value that is not a number. */
export function measure({ name, unit, value, by }: Measured): void {
  if (!Number.isFinite(value)) return;
  if (unit !== 'Count')
    return void values.set(name, { unit, all: [...(values.get(name)?.all ?? []), value] });
  add(sums, name, value);
  if (by !== undefined) add(sumsBy, `${name}By.${by}`, value);
}

/** Writes the measurements of the invocation in the embedded metric format: one line, several for many values, or none. */
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

/** Writes the measurements after each invocation, also after a failed one. */
export const measured: Required<Pick<MiddlewareObj, 'after' | 'onError'>> = {
  after: () => publishMetrics(),
  onError: () => publishMetrics(),
};
