import type { Observe } from '../../../core/ports/core.js';
import { boxTag, deviceTag, logger } from './log.js';
import { amount, count, type Measured, measure, milliseconds } from './metrics.js';

type Fields = Parameters<Observe>[1];

interface Rule {
  /** `debug` where there may be many in one invocation: then the metric is what is read. Default: `info`. */
  readonly level?: 'debug' | 'info' | 'warn';
  readonly metrics?: (fields: Fields) => readonly Measured[];
}

/** Events of the core that are more than a line in the log. A new metric is a line here. */
const RULES: Readonly<Record<string, Rule>> = {
  // `attempt` counts the attempts that other writers won. An entry without changes is not counted as a commit.
  commit: {
    metrics: ({ changes, attempt }) => [
      count('Commits', Number(changes) > 0 ? 1 : 0),
      count('CommittedChanges', Number(changes)),
      count('CommitRetries', Number(attempt)),
    ],
  },
  commitUnanswered: { level: 'warn', metrics: () => [count('CommitsUnanswered')] },
  deposited: { metrics: ({ operations }) => [count('OperationsDeposited', Number(operations))] },
  synchronized: {
    metrics: ({ operations, elements, removals }) => [
      count('Synchronizations'),
      count('OperationsReceived', Number(operations)),
      count('ElementsSent', Number(elements)),
      count('RemovalsSent', Number(removals)),
    ],
  },
  syncFromStart: {
    metrics: ({ why }) => [
      why === 'initial' ? count('InitialSynchronizations') : count('Resets', 1, String(why)),
    ],
  },
  logHole: { level: 'warn', metrics: () => [count('LogHoles')] },
  anchorBehind: { level: 'warn', metrics: () => [count('LogHoles')] },
  // How far the view is behind the log: in entries, and the age of what was applied.
  projected: {
    level: 'debug',
    metrics: ({ writes, behind, ageMs }) => [
      count('WritesProjected', Number(writes)),
      amount('EntriesBehind', Number(behind)),
      milliseconds('ProjectionDelay', Number(ageMs)),
    ],
  },
  newestKept: { level: 'debug' },
  purgeGoesOn: { level: 'debug' },
  pushSent: {
    metrics: ({ changes, delayMs, lateMs }) => [
      count('PushesSent'),
      count('PushedChanges', Number(changes)),
      milliseconds('PushDelay', Number(delayMs)),
      milliseconds('PushLateness', Number(lateMs)),
    ],
  },
  pushSuppressed: {
    level: 'debug',
    metrics: ({ why }) => [count('PushesSuppressed', 1, String(why))],
  },
  pushGone: { metrics: () => [count('PushesGone')] },
  closeFailed: { level: 'warn' },
  expired: { metrics: ({ elements }) => [count('ElementsExpired', Number(elements))] },
  erasingOrdered: { metrics: () => [count('ErasuresOrdered')] },
  erasedItems: { metrics: ({ items }) => [count('ItemsErased', Number(items))] },
  erased: { metrics: () => [count('BoxesErased')] },
  purged: { metrics: ({ items }) => [count('ItemsPurged', Number(items))] },
};

/** The events that have a rule. */
export const ruledEvents = Object.keys(RULES);

/** Writes an event of the core to the log and the metrics. Tags replace the ids of boxes and devices. */
export const observe: Observe = (event, { box, device, ...fields }) => {
  const { level = 'info', metrics }: Rule = Object.hasOwn(RULES, event) ? (RULES[event] ?? {}) : {};
  logger[level](event, {
    ...fields,
    ...(box !== undefined && { box: boxTag(String(box)) }),
    ...(device !== undefined && { device: deviceTag(String(device)) }),
  });
  for (const measured of metrics?.(fields) ?? []) measure(measured);
};
