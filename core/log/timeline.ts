import type { Head } from '../model/log-entry.js';
import type { Core } from '../ports/core.js';

/**
 * Whether the tables were restored after the head was appended. The deployment then has a later timeline than the log,
 * until the next commit. Items may then be older than the log says.
 */
export const isRestoredSince = (
  { timeline = 0 }: Pick<Core, 'timeline'>,
  head: Pick<Head, 'timeline'>,
): boolean => timeline > head.timeline;

/** The timeline of a box now: that of its log, or the one of the deployment after a restore. */
export const timelineNow = ({ timeline = 0 }: Pick<Core, 'timeline'>, head: Pick<Head, 'timeline'>): number =>
  Math.max(timeline, head.timeline);
