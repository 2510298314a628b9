import type { ConversationId } from '../../protocol/ids.js';
import { jsonBytes } from '../model/element.js';
import type { ChangeRow } from '../model/log-entry.js';
import { lacksConversations } from '../scope/sync-scope.js';
import { type Budget, unitOf } from './changes.js';
import type { DeviceScope } from './device-scope.js';
import { isExpandedRemoval } from './expanded-removal.js';
import type { LogRow } from './log-row.js';
import { isOwnWriteOutOfScope, type RowContext } from './own-writes.js';
import type { Page } from './page.js';
import { conversationOf, type Placement, placementAfter } from './placement.js';
import { ScopeMembership } from './scope-membership.js';

/** The part of the context that decides how many rows a page takes. */
export interface SliceContext extends RowContext {
  readonly page: Pick<Page, 'room' | 'size' | 'removed'>;
}

/** The rows of the log that one step of a page examines. */
export interface LogSlice {
  readonly rows: readonly LogRow[];
  readonly placements: ReadonlyMap<ConversationId, Placement>;
  /** The last row moved this conversation history into the scope. Its contents are sent before the log continues. */
  readonly movedIn?: ConversationId;
  /** The row after the slice is an expanded removal. */
  readonly isExpandedNext?: true;
}

const REMOVAL_BYTES = 400; // with ids of the greatest length

/** The room that a row needs in a response. Unit: bytes of JSON. */
const bytesOf = ({ element }: ChangeRow): number => (element ? jsonBytes(element) : REMOVAL_BYTES);

/**
 * Takes as many rows as the page has room for.
 *
 * The slice ends after a row that moves a conversation history into the scope. It also ends after a row that ends an
 * earlier life of one.
 *
 * The slice ends before an expanded removal, unless that is the first row: the first one was sent. It ends before a change
 * in a conversation history that the page removes. Clients apply removals last, so they would lose the new contents.
 *
 * The slice ends before an own write outside of the scope that this response acknowledges: the device first learns the
 * result. For the same reason it ends before the end of a life with the number of an own commit.
 */
export function logSliceOf(context: SliceContext, rows: readonly LogRow[]): LogSlice {
  const { scope, own, page } = context;
  const { removed } = page;
  const membership = new ScopeMembership(scope);
  const placements = new Map<ConversationId, Placement>();
  const reservation = new Reservation(page);
  const upTo = (end: number, more: Partial<LogSlice> = {}) => ({
    rows: rows.slice(0, end),
    placements,
    ...more,
  });
  for (const [i, each] of rows.entries()) {
    const { row, commit } = each;
    if (i > 0 && isExpandedRemoval(row, scope)) return upTo(i, { isExpandedNext: true });
    const id = conversationOf(row);
    const placement = id === undefined ? undefined : placementAfter(placements.get(id), row);
    const isIn = id !== undefined && membership.isInScope(id, placement?.folderId);
    const isOutOfScope = isOwnWriteOutOfScope(context, each, isIn);
    if (isOutOfScope && own.isAcknowledged(commit)) return upTo(i);
    if (isOutOfScope || mayBeSent(membership, row, placement)) {
      if (id !== undefined && removed.has(id)) return upTo(i);
      if (!reservation.reserve(row, id)) return upTo(i);
    } else {
      reservation.postpone(row, id);
    }
    if (id === undefined || !placement) continue;
    const isEnd = endsEarlierLife(scope, row, placement);
    if (isEnd && own.isApplied(commit.modSeq - 1)) return upTo(i);
    placements.set(id, placement);
    if (isEnd) return upTo(i + 1);
    if (isMovedIn(membership, row, placement)) return upTo(i + 1, { movedIn: id });
  }
  return { rows, placements };
}

/** Counts the room that the rows of a slice need on the page. */
class Reservation {
  private readonly units = new Set<string>();
  private bytes = 0;
  private readonly budget: Budget;
  private readonly isPageEmpty: boolean;
  /** Rows of conversation histories outside of the scope. If one moves in, all its rows are sent. */
  private readonly postponed = new Map<ConversationId, ChangeRow[]>();

  constructor({ room, size }: SliceContext['page']) {
    this.budget = room;
    this.isPageEmpty = size === 0;
  }

  /** Returns false if there is no room. The first change of a page always has room, whatever its size. */
  reserve(row: ChangeRow, id: ConversationId | undefined): boolean {
    const rows = [...((id !== undefined && this.postponed.get(id)) || []), row];
    const added = new Set(rows.map(unitOf).filter((key) => !this.units.has(key)));
    const bytes = rows.reduce((sum, each) => sum + bytesOf(each), this.bytes);
    const isVeryFirst = this.isPageEmpty && this.units.size === 0 && rows.length === 1;
    const fits = this.units.size + added.size <= this.budget.elements && bytes <= this.budget.bytes;
    if (!fits && !isVeryFirst) return false;
    for (const key of added) this.units.add(key);
    this.bytes = bytes;
    if (id !== undefined) this.postponed.delete(id);
    return true;
  }

  postpone(row: ChangeRow, id: ConversationId | undefined): void {
    if (id === undefined) return;
    const postponed = this.postponed.get(id);
    if (postponed) postponed.push(row);
    else this.postponed.set(id, [row]);
  }
}

/**
 * Whether the row may be sent. The folder of its conversation history after the slice decides, and is not known yet. So
 * this must be true for every row that is sent in the end.
 */
function mayBeSent(membership: ScopeMembership, row: ChangeRow, placement: Placement | undefined): boolean {
  const id = conversationOf(row);
  return (
    id === undefined ||
    membership.mayBeHeld(id, row.folderId) ||
    (placement?.visited.some((folder) => membership.mayBeHeld(id, folder)) ?? false)
  );
}

/**
 * Whether the server sends the end of an earlier life instead of the row, and the new life after it. It does if the row
 * begins another life of a conversation history and the device may hold contents of the earlier one. A device that keeps
 * conversation histories needs none of this: the element says when its life began.
 */
export function endsEarlierLife(
  scope: DeviceScope,
  { type, id, created, previousLifeFolderId }: ChangeRow,
  { hasEnded, visited }: Placement,
): boolean {
  if (type !== 'conversationHistory' || !created || !lacksConversations(scope.now)) return false;
  if (!hasEnded && previousLifeFolderId === undefined) return false;
  const membership = new ScopeMembership(scope);
  const folders = previousLifeFolderId === undefined ? visited : [...visited, previousLifeFolderId];
  return folders.some((folder) => membership.mayBeHeld(id as string as ConversationId, folder));
}

/**
 * Rule: contents of a conversation history that moves into the scope are sent, even if it was in the scope before it was
 * outside. A backfill ahead of the log may have skipped it there, or removed it.
 */
function isMovedIn(
  membership: ScopeMembership,
  row: ChangeRow,
  { folderId, isCreated, visited }: Placement,
): boolean {
  const id = conversationOf(row);
  return (
    id !== undefined &&
    row.previousFolderId !== undefined &&
    !isCreated &&
    membership.isInScope(id, folderId) &&
    visited.some((folder) => !membership.isSurelyHeld(id, folder))
  );
}
