import type { ChangeRow, Commit } from '../../core/model/log-entry.js';
import { DAY_MS } from '../../core/model/timing.js';
import { elementKey } from '../../core/read/changes.js';
import type { DeviceScope } from '../../core/read/device-scope.js';
import type { LogRow } from '../../core/read/log-row.js';
import type { OwnWrites, RowContext } from '../../core/read/own-writes.js';
import { conversationOf, type Placement, placementAfter } from '../../core/read/placement.js';
import { changeInScope, ownWritesOutOfScope } from '../../core/read/rules/change-in-scope.js';
import { effectiveOf } from '../../core/scope/effective-scope.js';
import { syncScopeOf } from '../../core/scope/sync-scope.js';
import type { Change, ElementType } from '../../protocol/elements/element.js';
import type { ConversationId } from '../../protocol/ids.js';
import { told } from './told.js';

/** Number of the first commit. Each row below is its own commit, numbered from here. */
export const FIRST = 11;
const NOW_MS = Date.parse('2026-03-01T12:00:00Z');
export const daysAgo = (days: number, ms = 0) => new Date(NOW_MS - days * DAY_MS - ms).toISOString();

type Attributes = Partial<Record<keyof ChangeRow, unknown>>;

/** A row as a commit writes it, for an element in c1. It contains the element unless it is a removal. */
export function aRow(type: ElementType, id: string, folderId: string, more: Attributes = {}): ChangeRow {
  const conversationId = more.conversationId ?? 'c1';
  const isContent = type !== 'folder' && type !== 'conversationHistory';
  const named = { type, id, ...(isContent && { conversationId }) };
  const place = type === 'folder' ? {} : { folderId };
  return { ...named, ...place, ...(!more.removed && { element: named }), ...more } as ChangeRow;
}

/** c1 before all these rows, created in commit 5. */
export const history = (folderId: string, more: Attributes = {}): ChangeRow =>
  aRow('conversationHistory', 'c1', folderId, {
    ...(!more.removed && { element: { type: 'conversationHistory', id: 'c1', folderId, createdModSeq: 5 } }),
    ...more,
  });
export const movedFrom = (previousFolderId: string, folderId: string) =>
  history(folderId, { previousFolderId });
export const deleted = { removed: 'deleted' } as const;

/** A device, as far as the rules know it. */
export interface Reader {
  readonly keeps?: object; // its preferences
  readonly policies?: readonly object[]; // that apply to it
  readonly kept?: readonly object[]; // preferences since its last complete synchronization; it may hold elements of each
  readonly did?: readonly number[]; // numbers of the commits that it made itself
  readonly acknowledged?: readonly number[]; // of these, the ones that this response acknowledges
  readonly applied?: readonly number[]; // numbers that results of this response name
  readonly isFilled?: boolean; // false: it completed no synchronization yet
}

const scopeOfPreferences = (preferences: object, policies: readonly object[] = []) =>
  syncScopeOf(effectiveOf(preferences, policies));
export const scopeFor = ({ keeps = {}, kept = [], policies = [], isFilled = true }: Reader): DeviceScope => ({
  ref: { version: 1, nonce: '' },
  now: scopeOfPreferences(keeps, policies),
  held: kept.map((preferences) => scopeOfPreferences(preferences, policies)),
  hasCompleted: isFilled,
});
const ownFor = ({ did = [], acknowledged = [], applied = [] }: Reader): OwnWrites => ({
  isOwn: ({ modSeq }) => did.includes(modSeq),
  isAcknowledged: ({ modSeq }) => acknowledged.includes(modSeq),
  isApplied: (modSeq) => applied.includes(modSeq),
});

/** The context in which the rules see this device. */
export const contextFor = (reader: Reader): RowContext => ({
  scope: scopeFor(reader),
  own: ownFor(reader),
  nowMs: NOW_MS,
});

export const logRowsOf = (rows: readonly ChangeRow[]): LogRow[] =>
  rows.map((row, i) => ({ commit: { modSeq: FIRST + i } as Commit, at: 0, row }));

/** A slice of the log that has all these rows. */
function sliceOver(rows: readonly ChangeRow[]) {
  const logRows = logRowsOf(rows);
  const placements = new Map<ConversationId, Placement>();
  for (const row of rows) {
    const id = conversationOf(row);
    if (id !== undefined) placements.set(id, placementAfter(placements.get(id), row));
  }
  return { rows: logRows, placements };
}

/** Rule 4: the change that the device receives for all rows of the element that the last row is about. */
export function changeFor(reader: Reader, ...rows: readonly ChangeRow[]): Change | undefined {
  const slice = sliceOver(rows);
  const key = rows.map(elementKey).at(-1);
  const ofElement = slice.rows.filter(({ row }) => elementKey(row) === key);
  return changeInScope(contextFor(reader), slice, ofElement);
}

/** The same in short: type, id and conversation history, with the reason of a removal. */
export function sends(reader: Reader, ...rows: readonly ChangeRow[]): string[] {
  const change = changeFor(reader, ...rows);
  return told(change ? [change] : []);
}

/** The removals of own writes outside of the scope that this device receives beside `changes`. */
export const ownRemovalsFor = (reader: Reader, changes: readonly object[], ...rows: readonly ChangeRow[]) =>
  ownWritesOutOfScope(contextFor(reader), sliceOver(rows), changes as readonly Change[]);
