import type { Change } from '../../protocol/elements/element.js';
import type { LogEntry } from '../model/log-entry.js';
import type { DeviceScope } from './device-scope.js';
import { linesOf } from './line.js';
import { isKnown, type Own } from './own.js';
import type { PageState } from './page.js';
import type { Position } from './position.js';
import { changeInScope, strayed } from './rules/change-in-scope.js';
import { latestOfEach } from './rules/latest.js';
import { positionBehind } from './rules/position-behind.js';
import { windowOf } from './window.js';

/** What rows of the log come to, and where the device stands then. */
export interface LiveChanges {
  readonly changes: readonly Change[];
  readonly position: Position;
  readonly complete: boolean; // all rows were sent
  readonly itemizes: boolean; // the next row is a removal that is sent item by item
}

/**
 * Turns the entries behind a position into changes, as many as the budget holds. An element that changed more than
 * once is sent once, in its latest state; what a removal covers is left out.
 */
export function liveChanges(
  position: Position,
  entries: readonly LogEntry[],
  scope: DeviceScope,
  own: Own,
  page: PageState,
  nowMs: number,
): LiveChanges {
  const lines = linesOf(entries, position.rows);
  const window = windowOf(lines, scope, own, page, nowMs);
  const told = latestOfEach(window.lines).filter((of) => page.tellsAll || !isKnown(of, scope.now, own));
  const { cameIn } = window;
  const changes = told.flatMap((of) => changeInScope(of, window, scope, own, nowMs) ?? []);
  return {
    changes: [...changes, ...strayed(window, changes, scope, own, nowMs)],
    position: {
      ...positionBehind(position, lines, window.lines.length, entries),
      ...(cameIn !== undefined && { contents: { conversationId: cameIn } }),
    },
    complete: window.lines.length === lines.length,
    itemizes: window.itemizes ?? false,
  };
}
