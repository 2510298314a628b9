import type { ConversationId } from '../../protocol/ids.js';
import { lacksConversations } from '../scope/scope.js';
import type { ChangeRow } from '../store/items.js';
import { jsonBytes } from '../store/wire.js';
import { elementKey } from './changes.js';
import type { DeviceScope } from './device-scope.js';
import { isItemized } from './itemized.js';
import type { Line } from './line.js';
import { isAstray, type Own } from './own.js';
import type { PageState } from './page.js';
import { conversationOf, Holding, type Placement, placementAfter } from './placement.js';

/** The lines that one response tells. */
export interface Window {
  readonly lines: readonly Line[];
  readonly placements: ReadonlyMap<ConversationId, Placement>;
  /** Moved into the scope by the last of the lines: its contents are sent before the log is read further. */
  readonly cameIn?: ConversationId;
  /** The next line is a removal that is told item by item. */
  readonly itemizes?: true;
}

const REMOVAL_BYTES = 400; // with ids of the greatest length

/** What a row will take in a response, as far as the log knows. Unit: bytes of JSON. */
export const bytesInLog = ({ element, bytes }: ChangeRow): number =>
  element ? jsonBytes(element) : (bytes ?? REMOVAL_BYTES);

/**
 * As many lines as there is room for, up to the first that moves a conversation history into the scope. It ends also
 * before a removal that is told item by item (the first line has been), and where a conversation history would be filled
 * again whose removal stands in the response: removals stand last in it, so that one would take the new contents along.
 * What the device did outside of its scope is left to the next response: it learns of the results of this one only then.
 */
export function windowOf(
  lines: readonly Line[],
  scope: DeviceScope,
  own: Own,
  { budget, isFirst, removed }: PageState,
  nowMs: number,
  bytesOf: (row: ChangeRow) => number = bytesInLog,
): Window {
  const holding = new Holding(scope);
  const placements = new Map<ConversationId, Placement>();
  const told = new Set<string>();
  let bytes = 0;
  for (const [i, line] of lines.entries()) {
    const { row, commit } = line;
    if (i > 0 && isItemized(row, scope)) return { lines: lines.slice(0, i), placements, itemizes: true };
    const id = conversationOf(row);
    const placement = id === undefined ? undefined : placementAfter(placements.get(id), row);
    const isIn = id !== undefined && holding.isIn(id, placement?.end);
    if (own.isAnswered(commit) && isAstray(line, scope.now, isIn, own, nowMs)) {
      return { lines: lines.slice(0, i), placements };
    }
    if (mayBeTold(holding, row, id, placement)) {
      if (id !== undefined && removed.has(id)) return { lines: lines.slice(0, i), placements };
      bytes += bytesOf(row);
      const size = told.has(elementKey(row)) ? told.size : told.size + 1;
      if ((told.size > 0 || !isFirst) && (size > budget.elements || bytes > budget.bytes)) {
        return { lines: lines.slice(0, i), placements };
      }
      told.add(elementKey(row));
    }
    if (id === undefined || !placement) continue;
    placements.set(id, placement);
    if (endsEarlierLife(scope, row, placement)) return { lines: lines.slice(0, i + 1), placements };
    if (comesIn(holding, row, id, placement)) {
      return { lines: lines.slice(0, i + 1), placements, cameIn: id };
    }
  }
  return { lines, placements };
}

/** Not less than what is told in the end, which hangs on where the conversation history is behind the window. */
const mayBeTold = (
  holding: Holding,
  row: ChangeRow,
  id: ConversationId | undefined,
  placement: Placement | undefined,
): boolean =>
  id === undefined ||
  holding.maybe(id, row.folderId) ||
  (placement?.been.some((folder) => holding.maybe(id, folder)) ?? false);

/**
 * Whether a conversation history begins anew of whose earlier life a device may hold something, and the device does not
 * keep the element that says when it began: then it is told of the end of that life instead, and of the new one apart.
 */
export function endsEarlierLife(
  scope: DeviceScope,
  { type, id, created, livedIn }: ChangeRow,
  { hasEnded, been }: Placement,
): boolean {
  if (type !== 'conversationHistory' || !created || !lacksConversations(scope.now)) return false;
  if (!hasEnded && livedIn === undefined) return false;
  const holding = new Holding(scope);
  const folders = livedIn === undefined ? been : [...been, livedIn];
  return folders.some((folder) => holding.maybe(id as string as ConversationId, folder));
}

/**
 * Rule: what moves into the scope is filled, also where it was in it before it was outside: a backfill that is ahead of
 * the log may have passed it over there, or told that it left.
 */
const comesIn = (
  holding: Holding,
  row: ChangeRow,
  id: ConversationId,
  { end, isCreated, been }: Placement,
): boolean =>
  row.folderBefore !== undefined &&
  !isCreated &&
  holding.isIn(id, end) &&
  been.some((folder) => !holding.surely(id, folder));
