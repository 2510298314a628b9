import { type Change, isRemoval, type Removal } from '../../../protocol/elements/element.js';
import type { ConversationId, ModSeq } from '../../../protocol/ids.js';
import type { ChangeRow } from '../../model/log-entry.js';
import {
  concerns,
  coversAnything,
  holdsConversation,
  isYoungEnough,
  lacksConversations,
  type SyncScope,
} from '../../scope/sync-scope.js';
import { truncated } from '../../scope/truncate.js';
import { elementKey } from '../changes.js';
import type { DeviceScope } from '../device-scope.js';
import type { LogRow } from '../log-row.js';
import { endsEarlierLife, type LogSlice } from '../log-slice.js';
import { isOwnWriteOutOfScope, type RowContext } from '../own-writes.js';
import { conversationOf, type Placement } from '../placement.js';
import { ScopeMembership } from '../scope-membership.js';

type Placed = Pick<LogSlice, 'rows' | 'placements'>;

/**
 * Rule 4, second half: the folders of a conversation history before and after the rows decide about the rows of an
 * element. If it is in the scope afterwards, the element is sent. If it has left the scope, `outOfScope` is sent. If it
 * was never in the scope, nothing is sent.
 * @param rows all rows of one element in the slice, in order
 * @returns undefined if there is nothing to send
 */
export function changeInScope(
  context: RowContext,
  { placements }: Placed,
  rows: readonly LogRow[],
): Change | undefined {
  const { scope, nowMs } = context;
  const last = rows.at(-1);
  if (!last) return undefined;
  const { row, commit } = last;
  const id = conversationOf(row);
  const placement = id === undefined ? undefined : placements.get(id);
  if (id === undefined || !placement) {
    const scopes = row.removed ? [scope.now, ...scope.held] : [scope.now];
    return scopes.some((of) => concerns(of, row, true, nowMs)) ? changeOf(last, scope) : undefined;
  }
  if (endsEarlierLife(scope, row, placement)) return removedBefore(id, commit.modSeq);
  return row.type === 'conversationHistory'
    ? changeOfConversation(context, { id, placement, last })
    : changeOfContent(context, { id, placement, rows, last });
}

interface PlacedRow {
  readonly id: ConversationId;
  readonly placement: Placement;
  readonly last: LogRow;
}

/** The change of a session history, a message or a state. */
function changeOfContent(
  context: RowContext,
  { id, placement, rows, last }: PlacedRow & { readonly rows: readonly LogRow[] },
): Change | undefined {
  const { scope, nowMs } = context;
  const { row } = last;
  const isIn = new ScopeMembership(scope).isInScope(id, placement.folderId);
  if (concerns(scope.now, row, isIn, nowMs)) return changeOf(last, scope);
  // The conversation history may come back before the device learns that it left. No other row would remove this then.
  if (row.removed && scope.held.some((held) => concerns(held, row, wasIn(held, id, placement), nowMs)))
    return changeOf(last, scope);
  // The new message of this id is too old for the device, which may still hold the expired one.
  const replacesExpired = isIn && rows.some((each) => each.row.replacesExpired);
  if (replacesExpired && !isYoungEnough(scope.now, row, nowMs) && coversAnything(scope.now, row.type))
    return removalOf(last, 'expired');
  return isOwnWriteOutOfScope(context, last, isIn) ? removalOf(last, 'outOfScope') : undefined;
}

function changeOfConversation(
  { scope, nowMs }: RowContext,
  { id, placement, last }: PlacedRow,
): Change | undefined {
  const { row } = last;
  const { folderId, isCreated, visited } = placement;
  const membership = new ScopeMembership(scope);
  // The device may hold contents of an earlier life, in whatever folder the new life begins. It may also hold a
  // conversation history that moved away and came back: a backfill that read it elsewhere has not removed it.
  const hasMoved = isCreated || visited.some((folder) => folder !== folderId);
  const mayBeHeld = hasMoved && visited.some((folder) => membership.mayBeHeld(id, folder));
  if (folderId === undefined)
    return mayBeHeld && coversAnything(scope.now, row.type) ? changeOf(last, scope) : undefined;
  if (membership.isInScope(id, folderId))
    return concerns(scope.now, row, true, nowMs) ? changeOf(last, scope) : undefined;
  if (!mayBeHeld || !keepsAnything(scope)) return undefined;
  const { modSeq } = last.commit;
  return outOfScope(id, lacksConversations(scope.now) ? (createdModSeqOf(row) ?? modSeq) : modSeq);
}

/**
 * Rule: the server removes the own writes of a device that are outside of its scope, also if they were deleted later. No
 * other change of the page may mention the element or its conversation history.
 * @param changes the changes of the slice so far
 */
export function ownWritesOutOfScope(
  context: RowContext,
  { rows, placements }: Placed,
  changes: readonly Change[],
): Change[] {
  const membership = new ScopeMembership(context.scope);
  const covered = new Set(changes.flatMap((change) => [elementKey(change), ...removedConversation(change)]));
  const last = new Map<string, LogRow>();
  for (const each of rows) {
    const id = conversationOf(each.row);
    if (id === undefined || covered.has(elementKey(each.row)) || covered.has(id)) continue;
    const isIn = membership.isInScope(id, placements.get(id)?.folderId);
    const key = elementKey(each.row);
    if (last.has(key) || isOwnWriteOutOfScope(context, each, isIn)) last.set(key, each);
  }
  return [...last.values()].map((each) => removalOf(each, each.row.removed ?? 'outOfScope'));
}

/** The conversation history that a change removes, with all its contents. */
const removedConversation = (change: Change): string[] =>
  isRemoval(change) && change.type === 'conversationHistory' ? [change.id] : [];

const keepsAnything = ({ now, held }: DeviceScope): boolean =>
  [now, ...held].some((scope) => coversAnything(scope, 'conversationHistory'));

const wasIn = (scope: SyncScope, id: ConversationId, { visited }: Placement): boolean =>
  visited.some((folder) => holdsConversation(scope, id, folder));

/**
 * The number of the commit that began the life of a row's conversation history. A device without conversation histories
 * ignores everything older than the removal, also if it comes back. No living element is older than this number.
 */
function createdModSeqOf({ element }: ChangeRow): number | undefined {
  return element?.type === 'conversationHistory' ? element.createdModSeq : undefined;
}

/** The end of the life before the one that commit `modSeq` began. */
const removedBefore = (id: ConversationId, modSeq: number): Change => ({
  type: 'conversationHistory',
  id,
  modSeq: (modSeq - 1) as ModSeq,
  removed: 'deleted',
});

/** The removal of a conversation history that left the scope. */
export const outOfScope = (id: ConversationId, modSeq: number): Change => ({
  type: 'conversationHistory',
  id,
  modSeq: modSeq as ModSeq,
  removed: 'outOfScope',
});

/** The change of a row; undefined if the row has no element, since a later row says what happened to it. */
function changeOf(logRow: LogRow, scope: DeviceScope): Change | undefined {
  const { row } = logRow;
  if (row.removed) return removalOf(logRow, row.removed);
  return row.element && truncated(row.element, scope.now.maxTextBytes);
}

function removalOf({ commit, row }: LogRow, removed: Removal['removed']): Removal {
  const { type, id, conversationId } = row;
  const modSeq = commit.modSeq as ModSeq;
  return { type, id, modSeq, ...(conversationId !== undefined && { conversationId }), removed };
}
