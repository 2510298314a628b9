import { type Change, isRemoval, type Removal } from '../../protocol/elements/element.js';
import type { ConversationId, ModSeq } from '../../protocol/ids.js';
import type { Core } from '../core.js';
import { hasExpired } from '../retention/expiry.js';
import { concerns, coversAnything, lacksConversations } from '../scope/scope.js';
import { truncated } from '../scope/truncate.js';
import type { BoxId, ChangeRow, Commit, StoredItem } from '../store/items.js';
import { rowKey } from '../store/row-key.js';
import { elementOf, jsonBytes, stateElementOf } from '../store/wire.js';
import { elementKey } from './changes.js';
import type { DeviceScope } from './device-scope.js';
import { type Line, linesOf } from './line.js';
import { isAstray, isKnown, type Own } from './own.js';
import type { PageState } from './page.js';
import { conversationOf, Holding } from './placement.js';
import type { Position } from './position.js';
import { SETTLED_MS } from './read-log.js';
import type { Sight } from './seen.js';
import { bytesInLog, endsEarlierLife, type Window, windowOf } from './window.js';

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
  // Rule: stop before what cannot be seen yet. What was fetched may have grown since the log was written.
  const hidden = firstHidden(most.lines, fetched, nowMs);
  const visible = hidden < 0 ? most.lines : most.lines.slice(0, hidden);
  const bytesOf = (row: ChangeRow) => {
    const element = row.removed ? undefined : (row.element ?? fetchedElement(row, fetched));
    return element ? jsonBytes(element) : bytesInLog(row);
  };
  const window = windowOf(visible, scope, own, page, nowMs, bytesOf);
  const told = [...withoutDead(latest(window.lines)).values()].filter(
    (of) => page.tellsAll || !isKnown(of, scope.now, own),
  );
  const { cameIn } = window;
  const changes = told.flatMap((of) => changeOf(of, window, scope, own, fetched, nowMs) ?? []);
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

type Fetched = ReadonlyMap<string, StoredItem>;

async function fetchMissing(core: Core, box: BoxId, lines: readonly Line[]): Promise<Fetched> {
  const missing = lines.filter(({ row }) => !row.element && !row.removed).map(({ row }) => rowKey(row));
  return missing.length > 0 ? core.store.get(box, missing) : new Map();
}

/** Index of the first line whose element is written but cannot be seen yet; -1: none. */
const firstHidden = (lines: readonly Line[], fetched: Fetched, nowMs: number): number =>
  lines.findIndex(({ commit, row }) => {
    // Long after its commit an element that is not there was removed since, and a later row tells.
    if (row.element || row.removed || nowMs - commit.atMs > SETTLED_MS) return false;
    const item = fetched.get(rowKey(row));
    // Past its time the database may have removed it, and a later row is still to be written.
    if (item === undefined) return !hasExpired(row, nowMs);
    return item.version < commit.modSeq;
  });

/** All lines of each element, in order; a message that is removed takes its state along. */
function latest(lines: readonly Line[]): Map<string, Line[]> {
  const byElement = new Map<string, Line[]>();
  for (const line of lines) {
    const key = elementKey(line.row);
    byElement.set(key, [...(byElement.get(key) ?? []), line]);
    if (line.row.removed && line.row.type === 'message') {
      byElement.delete(elementKey({ ...line.row, type: 'messageState' }));
    }
  }
  return byElement;
}

/** Leaves out what a conversation history held that is deleted further on; under its id a later life may begin. */
function withoutDead(all: Map<string, Line[]>): Map<string, Line[]> {
  const diedAt = new Map<string, number>();
  for (const { row, commit } of [...all.values()].flat()) {
    if (row.type !== 'conversationHistory') continue;
    if (row.removed) diedAt.set(row.id, commit.modSeq);
    else if (row.created) diedAt.set(row.id, commit.modSeq - 1);
  }
  if (diedAt.size === 0) return all;
  const isAlive = ({ row, commit }: Line) => commit.modSeq > (diedAt.get(row.conversationId ?? '') ?? 0);
  return new Map([...all].filter(([, lines]) => lines.every(isAlive)));
}

/** The change that the lines of an element come to for the device; undefined where there is nothing to tell. */
function changeOf(
  lines: readonly Line[],
  { placements }: Window,
  scope: DeviceScope,
  own: Own,
  fetched: Fetched,
  nowMs: number,
): Change | undefined {
  const last = lines.at(-1);
  if (!last) return undefined;
  const { row } = last;
  const id = conversationOf(row);
  const placement = id === undefined ? undefined : placements.get(id);
  if (id === undefined || !placement) {
    const scopes = row.removed ? [scope.now, ...scope.held] : [scope.now];
    return scopes.some((of) => concerns(of, row, true, nowMs)) ? told(last, scope, fetched) : undefined;
  }
  if (endsEarlierLife(scope, row, placement)) return removedBefore(id, last.commit.modSeq);
  const holding = new Holding(scope);
  // What it held in an earlier life may be there still, in whatever folder it begins anew.
  const mayHold = placement.been.some(
    (folder) => (folder !== placement.end || placement.isCreated) && holding.maybe(id, folder),
  );
  if (row.type !== 'conversationHistory') {
    const isIn = holding.isIn(id, placement.end);
    if (concerns(scope.now, row, isIn, nowMs)) return told(last, scope, fetched);
    // Whoever is not to hold what has the id now may hold what had it before, of another age.
    const succeeds = isIn && lines.some((line) => line.row.succeeds);
    if (succeeds && coversAnything(scope.now, row.type)) return removalOf(last, 'expired');
    return isAstray(last, scope.now, isIn, own, nowMs) ? removalOf(last, 'outOfScope') : undefined;
  }
  if (placement.end === undefined)
    return mayHold && coversAnything(scope.now, row.type) ? told(last, scope, fetched) : undefined;
  if (holding.isIn(id, placement.end)) {
    return concerns(scope.now, row, true, nowMs) ? told(last, scope, fetched) : undefined;
  }
  if (!mayHold) return undefined;
  const { modSeq } = last.commit;
  return outOfScope(id, lacksConversations(scope.now) ? (lifeOf(row, fetched) ?? modSeq) : modSeq);
}

/**
 * Rule: what the device wrote outside of its scope it is told to drop, also where it was removed since, with what it is in
 * or by itself: nothing else about it is told.
 */
function strayed(
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

/**
 * Since when the conversation history of a row lives. A device that does not keep these elements would go on ignoring
 * what is older than the removal, should it come back: nothing that lives is older than this.
 */
function lifeOf(row: ChangeRow, fetched: Fetched): number | undefined {
  const element = row.element ?? fetchedElement(row, fetched);
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
function told(line: Line, scope: DeviceScope, fetched: Fetched): Change | undefined {
  const { row } = line;
  if (row.removed) return removalOf(line, row.removed);
  const element = row.element ?? fetchedElement(row, fetched);
  return element && truncated(element, scope.now.maxTextBytes);
}

function removalOf({ commit, row }: Line, removed: Removal['removed']): Removal {
  const { type, id, conversationId } = row;
  const modSeq = commit.modSeq as ModSeq;
  return { type, id, modSeq, ...(conversationId !== undefined && { conversationId }), removed };
}

function fetchedElement(row: ChangeRow, fetched: Fetched) {
  const item = fetched.get(rowKey(row));
  if (item?.kind === 'message' && row.type === 'messageState') return stateElementOf(item);
  return item?.kind === row.type ? elementOf(item) : undefined;
}

function positionBehind(
  position: Position,
  lines: readonly Line[],
  told: number,
  commits: readonly Commit[],
): Position {
  if (told === 0 && lines.length > 0) return position;
  const { itemized: _, ...rest } = position;
  const next = lines[told];
  if (next) return { ...rest, modSeq: next.commit.modSeq - 1, nonce: next.commit.previous, rows: next.at };
  const last = commits.at(-1);
  return last ? { ...rest, modSeq: last.modSeq, nonce: last.nonce, rows: 0 } : position;
}
