import type { Report } from '../../core/core.js';
import { boxTag, logger } from './log.js';
import { count, type Measured, measure, milliseconds } from './metrics.js';

type Fields = Parameters<Report>[1];

interface Rule {
  /** `debug` where there may be many in one invocation: then the metric is what is read. Default: `info`. */
  readonly level?: 'debug' | 'info' | 'warn';
  readonly metrics?: (fields: Fields) => readonly Measured[];
}

/** Events of the core that are more than a line in the log. A new metric is a line here. */
const RULES: Readonly<Record<string, Rule>> = {
  pushSent: {
    metrics: ({ changes, delayMs }) => [
      count('PushesSent'),
      count('PushedChanges', Number(changes)),
      milliseconds('PushDelay', Number(delayMs)),
    ],
  },
  pushSuppressed: {
    level: 'debug',
    metrics: ({ why }) => [count('PushesSuppressed', 1, String(why))],
  },
  pushGone: { metrics: () => [count('PushesGone')] },
};

/** The events that have a rule. */
export const ruledEvents = Object.keys(RULES);

/** What the core reports becomes a line in the log and metrics. A box goes as its tag even if the core gives the user id. */
export const report: Report = (event, { box, ...fields }) => {
  const { level = 'info', metrics }: Rule = Object.hasOwn(RULES, event) ? (RULES[event] ?? {}) : {};
  logger[level](event, box === undefined ? fields : { ...fields, box: boxTag(String(box)) });
  for (const measured of metrics?.({ box, ...fields }) ?? []) measure(measured);
};
