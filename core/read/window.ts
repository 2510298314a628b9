import type { ConversationId } from '../../protocol/ids.js';
import { jsonBytes } from '../model/element.js';
import type { ChangeRow } from '../model/log-entry.js';
import { lacksConversations } from '../scope/sync-scope.js';
import { type Budget, unitOf } from './changes.js';
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

/** What a row takes in a response. Unit: bytes of JSON. */
const bytesOf = ({ element }: ChangeRow): number => (element ? jsonBytes(element) : REMOVAL_BYTES);

/**
 * As many lines as there is room for, up to the first that moves a conversation history into the scope. It ends also
 * before a removal that is told item by item (the first line has been), and where a conversation history would be filled
 * again whose removal stands in the response: removals stand last in it, so that one would take the new contents along.
 * What the device did outside of its scope is left to the next response: it learns of the results of this one only then.
 * So is the end of a life that has the number of what it did.
 */
export function windowOf(
  lines: readonly Line[],
  scope: DeviceScope,
  own: Own,
  { budget, isFirst, removed }: PageState,
  nowMs: number,
): Window {
  const holding = new Holding(scope);
  const placements = new Map<ConversationId, Placement>();
  const tally = new Tally(budget, isFirst);
  const upTo = (end: number, more: Partial<Window> = {}) => ({
    lines: lines.slice(0, end),
    placements,
    ...more,
  });
  for (const [i, line] of lines.entries()) {
    const { row, commit } = line;
    if (i > 0 && isItemized(row, scope)) return upTo(i, { itemizes: true });
    const id = conversationOf(row);
    const placement = id === undefined ? undefined : placementAfter(placements.get(id), row);
    const isIn = id !== undefined && holding.isIn(id, placement?.end);
    const isStray = isAstray(line, scope.now, isIn, own, nowMs);
    if (isStray && own.isAnswered(commit)) return upTo(i);
    if (isStray || mayBeTold(holding, row, id, placement)) {
      if (id !== undefined && removed.has(id)) return upTo(i);
      if (!tally.tells(row, id)) return upTo(i);
    } else {
      tally.passes(row, id);
    }
    if (id === undefined || !placement) continue;
    const isEnd = endsEarlierLife(scope, row, placement);
    if (isEnd && own.isApplied(commit.modSeq - 1)) return upTo(i);
    placements.set(id, placement);
    if (isEnd) return upTo(i + 1);
    if (comesIn(holding, row, id, placement)) return upTo(i + 1, { cameIn: id });
  }
  return { lines, placements };
}

/** What the lines of a window come to when they are told. */
class Tally {
  private readonly told = new Set<string>();
  private bytes = 0;
  /** Of conversation histories that are outside of the scope so far: should one come in, all its lines are told. */
  private readonly passed = new Map<ConversationId, ChangeRow[]>();

  constructor(
    private readonly budget: Budget,
    private readonly isFirst: boolean,
  ) {}

  /** False where there is no room for it. The very first change finds room, whatever its size. */
  tells(row: ChangeRow, id: ConversationId | undefined): boolean {
    const rows = [...((id !== undefined && this.passed.get(id)) || []), row];
    const added = new Set(rows.map(unitOf).filter((key) => !this.told.has(key)));
    const bytes = rows.reduce((sum, each) => sum + bytesOf(each), this.bytes);
    const isVeryFirst = this.isFirst && this.told.size === 0 && rows.length === 1;
    const fits = this.told.size + added.size <= this.budget.elements && bytes <= this.budget.bytes;
    if (!fits && !isVeryFirst) return false;
    for (const key of added) this.told.add(key);
    this.bytes = bytes;
    if (id !== undefined) this.passed.delete(id);
    return true;
  }

  passes(row: ChangeRow, id: ConversationId | undefined): void {
    if (id === undefined) return;
    const passed = this.passed.get(id);
    if (passed) passed.push(row);
    else this.passed.set(id, [row]);
  }
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
  { type, id, created, previousLifeFolderId }: ChangeRow,
  { hasEnded, been }: Placement,
): boolean {
  if (type !== 'conversationHistory' || !created || !lacksConversations(scope.now)) return false;
  if (!hasEnded && previousLifeFolderId === undefined) return false;
  const holding = new Holding(scope);
  const folders = previousLifeFolderId === undefined ? been : [...been, previousLifeFolderId];
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
  row.previousFolderId !== undefined &&
  !isCreated &&
  holding.isIn(id, end) &&
  been.some((folder) => !holding.surely(id, folder));
