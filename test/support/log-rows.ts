import type { ChangeRow, Commit } from '../../core/model/log-entry.js';
import { DAY_MS } from '../../core/model/timing.js';
import { elementKey } from '../../core/read/changes.js';
import type { DeviceScope } from '../../core/read/device-scope.js';
import type { Line } from '../../core/read/line.js';
import type { Own } from '../../core/read/own.js';
import { conversationOf, type Placement, placementAfter } from '../../core/read/placement.js';
import { changeInScope, strayed } from '../../core/read/rules/change-in-scope.js';
import { effectiveOf } from '../../core/scope/effective.js';
import { syncScopeOf } from '../../core/scope/sync-scope.js';
import type { Change, ElementType } from '../../protocol/elements/element.js';
import type { ConversationId } from '../../protocol/ids.js';
import { told } from './told.js';

/** Number of the first commit: each of the rows below is a commit of its own, from here on. */
export const FIRST = 11;
export const NOW_MS = Date.parse('2026-03-01T12:00:00Z');
export const daysAgo = (days: number, ms = 0) => new Date(NOW_MS - days * DAY_MS - ms).toISOString();

type Attributes = Partial<Record<keyof ChangeRow, unknown>>;

/** A row as a commit writes it, of an element in c1; with its element, where it is not removed. */
export function aRow(type: ElementType, id: string, folderId: string, more: Attributes = {}): ChangeRow {
  const conversationId = more.conversationId ?? 'c1';
  const isContent = type !== 'folder' && type !== 'conversationHistory';
  const named = { type, id, ...(isContent && { conversationId }) };
  const place = type === 'folder' ? {} : { folderId };
  return { ...named, ...place, ...(!more.removed && { element: named }), ...more } as ChangeRow;
}

/** c1 as it was before all these rows: made in commit 5. */
export const history = (folderId: string, more: Attributes = {}): ChangeRow =>
  aRow('conversationHistory', 'c1', folderId, {
    ...(!more.removed && { element: { type: 'conversationHistory', id: 'c1', folderId, createdModSeq: 5 } }),
    ...more,
  });
export const movedFrom = (previousFolderId: string, folderId: string) =>
  history(folderId, { previousFolderId });
export const deleted = { removed: 'deleted' } as const;

/** What a device is known by where a rule is asked about it. */
export interface Reader {
  readonly keeps?: object; // its preferences
  readonly policies?: readonly object[]; // that it stands under
  readonly kept?: readonly object[]; // those since its last complete synchronization, which it may hold something of
  readonly did?: readonly number[]; // numbers of the commits that it made itself
  readonly answered?: readonly number[]; // of these, the ones that this response answers
  readonly applied?: readonly number[]; // numbers that results of this response name
  readonly isFilled?: boolean; // false: it completed no synchronization yet
}

export const scopeOfPreferences = (preferences: object, policies: readonly object[] = []) =>
  syncScopeOf(effectiveOf(preferences, policies));
export const scopeFor = ({ keeps = {}, kept = [], policies = [], isFilled = true }: Reader): DeviceScope => ({
  mark: { version: 1, nonce: '' },
  now: scopeOfPreferences(keeps, policies),
  held: kept.map((preferences) => scopeOfPreferences(preferences, policies)),
  hasCompleted: isFilled,
});
export const ownFor = ({ did = [], answered = [], applied = [] }: Reader): Own => ({
  made: ({ modSeq }) => did.includes(modSeq),
  isAnswered: ({ modSeq }) => answered.includes(modSeq),
  isApplied: (modSeq) => applied.includes(modSeq),
});

export const linesOfRows = (rows: readonly ChangeRow[]): Line[] =>
  rows.map((row, i) => ({ commit: { modSeq: FIRST + i } as Commit, at: 0, row }));

/** A window that holds all these rows. */
function windowOver(rows: readonly ChangeRow[]) {
  const lines = linesOfRows(rows);
  const placements = new Map<ConversationId, Placement>();
  for (const row of rows) {
    const id = conversationOf(row);
    if (id !== undefined) placements.set(id, placementAfter(placements.get(id), row));
  }
  return { lines, placements };
}

/** Rule 4: what the rows of the element that the last row is about come to for this device. */
export function changeFor(reader: Reader, ...rows: readonly ChangeRow[]): Change | undefined {
  const window = windowOver(rows);
  const key = rows.map(elementKey).at(-1);
  const lines = window.lines.filter(({ row }) => elementKey(row) === key);
  return changeInScope(lines, window, scopeFor(reader), ownFor(reader), NOW_MS);
}

/** The same in short: as type, id and conversation history, with why it is removed. */
export function tells(reader: Reader, ...rows: readonly ChangeRow[]): string[] {
  const change = changeFor(reader, ...rows);
  return told(change ? [change] : []);
}

/** What this device is told beside `changes` of what it did itself. */
export const strayedFor = (reader: Reader, changes: readonly object[], ...rows: readonly ChangeRow[]) =>
  strayed(windowOver(rows), changes as readonly Change[], scopeFor(reader), ownFor(reader), NOW_MS);
