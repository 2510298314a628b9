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
import type { Line } from '../line.js';
import { isAstray, type Own } from '../own.js';
import { conversationOf, Holding, type Placement } from '../placement.js';
import { endsEarlierLife, type Window } from '../window.js';

/**
 * Rule 4, second half: what the rows of an element come to is decided by where its conversation history was before them and
 * where it is behind them: in the scope, the element; it was in and has left, `outOfScope`; neither, nothing.
 * @returns undefined where there is nothing to tell
 */
export function changeInScope(
  lines: readonly Line[],
  { placements }: Window,
  scope: DeviceScope,
  own: Own,
  nowMs: number,
): Change | undefined {
  const last = lines.at(-1);
  if (!last) return undefined;
  const { row } = last;
  const id = conversationOf(row);
  const placement = id === undefined ? undefined : placements.get(id);
  if (id === undefined || !placement) {
    const scopes = row.removed ? [scope.now, ...scope.held] : [scope.now];
    return scopes.some((of) => concerns(of, row, true, nowMs)) ? told(last, scope) : undefined;
  }
  if (endsEarlierLife(scope, row, placement)) return removedBefore(id, last.commit.modSeq);
  const holding = new Holding(scope);
  // What it held in an earlier life may be there still, in whatever folder it begins anew.
  // So may what was moved and is back: a backfill that met it elsewhere has not told that it left.
  const hasMoved = placement.isCreated || placement.been.some((folder) => folder !== placement.end);
  const mayHold = hasMoved && placement.been.some((folder) => holding.maybe(id, folder));
  if (row.type !== 'conversationHistory') {
    const isIn = holding.isIn(id, placement.end);
    if (concerns(scope.now, row, isIn, nowMs)) return told(last, scope);
    // Should its conversation history come back before the device is told that it left, nothing else would tell of it.
    if (row.removed && scope.held.some((held) => concerns(held, row, isHeldIn(held, id, placement), nowMs)))
      return told(last, scope);
    // Whoever is not to hold what has the id now, for its age, may hold what had it before.
    const succeeds = isIn && lines.some((line) => line.row.replacesExpired);
    if (succeeds && !isYoungEnough(scope.now, row, nowMs) && coversAnything(scope.now, row.type))
      return removalOf(last, 'expired');
    return isAstray(last, scope.now, isIn, own, nowMs) ? removalOf(last, 'outOfScope') : undefined;
  }
  if (placement.end === undefined)
    return mayHold && coversAnything(scope.now, row.type) ? told(last, scope) : undefined;
  if (holding.isIn(id, placement.end)) {
    return concerns(scope.now, row, true, nowMs) ? told(last, scope) : undefined;
  }
  if (!mayHold || !keepsSome(scope)) return undefined;
  const { modSeq } = last.commit;
  return outOfScope(id, lacksConversations(scope.now) ? (lifeOf(row) ?? modSeq) : modSeq);
}

/**
 * Rule: what the device wrote outside of its scope it is told to drop, also where it was removed since, with what it is in
 * or by itself: nothing else about it is told.
 */
export function strayed(
  { lines, placements }: Window,
  changes: readonly Change[],
  scope: DeviceScope,
  own: Own,
  nowMs: number,
): Change[] {
  const covered = new Set(changes.flatMap((change) => [elementKey(change), ...heldBy(change)]));
  const last = new Map<string, Line>();
  for (const line of lines) {
    const id = conversationOf(line.row);
    if (id === undefined || covered.has(elementKey(line.row)) || covered.has(id)) continue;
    const isIn = new Holding(scope).isIn(id, placements.get(id)?.end);
    const key = elementKey(line.row);
    if (last.has(key) || isAstray(line, scope.now, isIn, own, nowMs)) last.set(key, line);
  }
  return [...last.values()].map((line) => removalOf(line, line.row.removed ?? 'outOfScope'));
}

/** Of what a change is the removal: a conversation history. */
const heldBy = (change: Change): string[] =>
  isRemoval(change) && change.type === 'conversationHistory' ? [change.id] : [];

const keepsSome = ({ now, held }: DeviceScope): boolean =>
  [now, ...held].some((scope) => coversAnything(scope, 'conversationHistory'));

const isHeldIn = (scope: SyncScope, id: ConversationId, { been }: Placement): boolean =>
  been.some((folder) => holdsConversation(scope, id, folder));

/**
 * Since when the conversation history of a row lives. A device that does not keep these elements would go on ignoring
 * what is older than the removal, should it come back: nothing that lives is older than this.
 */
function lifeOf({ element }: ChangeRow): number | undefined {
  return element?.type === 'conversationHistory' ? element.createdModSeq : undefined;
}

/** The end of the life before the one that commit `modSeq` began. */
const removedBefore = (id: ConversationId, modSeq: number): Change => ({
  type: 'conversationHistory',
  id,
  modSeq: (modSeq - 1) as ModSeq,
  removed: 'deleted',
});

export const outOfScope = (id: ConversationId, modSeq: number): Change => ({
  type: 'conversationHistory',
  id,
  modSeq: modSeq as ModSeq,
  removed: 'outOfScope',
});

/** The change that a line tells; undefined where a later row tells what became of the element. */
function told(line: Line, scope: DeviceScope): Change | undefined {
  const { row } = line;
  if (row.removed) return removalOf(line, row.removed);
  return row.element && truncated(row.element, scope.now.maxTextBytes);
}

function removalOf({ commit, row }: Line, removed: Removal['removed']): Removal {
  const { type, id, conversationId } = row;
  const modSeq = commit.modSeq as ModSeq;
  return { type, id, modSeq, ...(conversationId !== undefined && { conversationId }), removed };
}
