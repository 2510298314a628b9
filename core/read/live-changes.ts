import type { Change } from '../../protocol/elements/element.js';
import type { Core } from '../core.js';
import type { BoxId, ChangeRow, Commit } from '../model/items.js';
import { jsonBytes } from '../model/element.js';
import type { DeviceScope } from './device-scope.js';
import { linesOf } from './line.js';
import { isKnown, type Own } from './own.js';
import type { PageState } from './page.js';
import type { Position } from './position.js';
import { changeInScope, strayed } from './rules/change-in-scope.js';
import { latestOfEach } from './rules/latest.js';
import { positionBehind } from './rules/position-behind.js';
import { fetchedElement, fetchMissing, firstHidden } from './rules/visible.js';
import type { Sight } from './seen.js';
import { bytesInLog, windowOf } from './window.js';

/** What rows of the log come to, and where the device stands then. */
export interface LiveChanges {
  readonly changes: readonly Change[];
  readonly position: Position;
  readonly complete: boolean; // all rows were told
  readonly itemizes: boolean; // the next row is a removal that is told item by item
}

/**
 * Turns the commits behind a position into changes, as many as the budget holds. An element that changed more than
 * once stands once, with its latest state; what a removal covers is left out.
 */
export async function liveChanges(
  core: Core,
  box: BoxId,
  position: Position,
  commits: readonly Commit[],
  scope: DeviceScope,
  own: Own,
  page: PageState,
  sight: Sight,
): Promise<LiveChanges> {
  const lines = linesOf(commits, position.rows);
  const nowMs = core.clock.now();
  const most = windowOf(lines, scope, own, page, nowMs);
  const fetched = await fetchMissing(core, box, most.lines);
  for (const { version } of fetched.values()) sight.note(version);
  // What was fetched may have grown since the log was written.
  const hidden = firstHidden(most.lines, fetched, nowMs);
  const visible = hidden < 0 ? most.lines : most.lines.slice(0, hidden);
  const bytesOf = (row: ChangeRow) => {
    const element = row.removed ? undefined : (row.element ?? fetchedElement(row, fetched));
    return element ? jsonBytes(element) : bytesInLog(row);
  };
  const window = windowOf(visible, scope, own, page, nowMs, bytesOf);
  const told = latestOfEach(window.lines).filter((of) => page.tellsAll || !isKnown(of, scope.now, own));
  const { cameIn } = window;
  const changes = told.flatMap((of) => changeInScope(of, window, scope, own, fetched, nowMs) ?? []);
  return {
    changes: [...changes, ...strayed(window, changes, scope, own, nowMs)],
    position: {
      ...positionBehind(position, lines, window.lines.length, commits),
      ...(cameIn !== undefined && { contents: { conversationId: cameIn } }),
    },
    complete: window.lines.length === lines.length,
    itemizes: window.itemizes ?? false,
  };
}
