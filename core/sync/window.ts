import type { ConversationId } from '../../protocol/ids.js';
import type { ChangeRow, Commit } from '../store/items.js';
import { jsonBytes } from '../store/wire.js';
import { type Budget, elementKey } from './changes.js';
import type { DeviceScope } from './device-scope.js';
import { conversationOf, Holding, type Placement, placementAfter } from './placement.js';

/** A row of the log and where it stands. */
export interface Line {
  readonly commit: Commit;
  readonly at: number; // index of the row in the commit
  readonly row: ChangeRow;
}

/** The lines that one response tells. */
export interface Window {
  readonly lines: readonly Line[];
  readonly placements: ReadonlyMap<ConversationId, Placement>;
  /** Moved into the scope by the last of the lines: its contents are sent before the log is read further. */
  readonly cameIn?: ConversationId;
}

const REMOVAL_BYTES = 400; // with ids of the greatest length

/** What a row will take in a response, as far as the log knows. Unit: bytes of JSON. */
export const bytesInLog = ({ element, bytes }: ChangeRow): number =>
  element ? jsonBytes(element) : (bytes ?? REMOVAL_BYTES);

export const linesOf = (commits: readonly Commit[], rowsTold: number): Line[] =>
  commits.flatMap((commit) => commit.rows.map((row, at) => ({ commit, at, row }))).slice(rowsTold);

/**
 * As many lines as there is room for, up to the first that moves a conversation history into the scope.
 * @param isFirst nothing else is in the response: then at least one change is told, whatever its size
 */
export function windowOf(
  lines: readonly Line[],
  scope: DeviceScope,
  budget: Budget,
  isFirst: boolean,
  bytesOf: (row: ChangeRow) => number = bytesInLog,
): Window {
  const holding = new Holding(scope);
  const placements = new Map<ConversationId, Placement>();
  const told = new Set<string>();
  let bytes = 0;
  for (const [i, { row }] of lines.entries()) {
    const id = conversationOf(row);
    const placement = id === undefined ? undefined : placementAfter(placements.get(id), row);
    if (mayBeTold(holding, row, id, placement)) {
      bytes += bytesOf(row);
      const size = told.has(elementKey(row)) ? told.size : told.size + 1;
      if ((told.size > 0 || !isFirst) && (size > budget.elements || bytes > budget.bytes)) {
        return { lines: lines.slice(0, i), placements };
      }
      told.add(elementKey(row));
    }
    if (id === undefined || !placement) continue;
    placements.set(id, placement);
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

const comesIn = (
  holding: Holding,
  row: ChangeRow,
  id: ConversationId,
  { start, end, isCreated }: Placement,
): boolean =>
  row.folderBefore !== undefined && !isCreated && holding.isIn(id, end) && !holding.surely(id, start);
