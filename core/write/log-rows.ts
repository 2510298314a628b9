import { ELEMENT_TYPES } from '../../protocol/elements/element.js';
import type { FolderId } from '../../protocol/ids.js';
import { byKey } from '../log/view.js';
import { ASIDE_ABOVE_BYTES } from '../model/effects.js';
import { elementBytes, elementOf, isElement, jsonBytes, stateElementOf } from '../model/element.js';
import { hasExpired } from '../model/expiry.js';
import type { Counts, Purged, StoredElement, StoredMessage, Tombstone } from '../model/items.js';
import type { ChangeRow, Effect, ItemContent } from '../model/log-entry.js';
import type { StoredItem } from '../model/stored-item.js';
import { TOMBSTONE_MS } from '../model/timing.js';
import type { ChangedElement, PendingChange, UnitOfWork } from './unit-of-work.js';

/**
 * The rows of a commit in the order of responses, which may end between any two rows; then in the order of evaluation.
 * Removals are last: elements that the same commit moved out of a folder have to be sent before the folder is removed.
 */
export async function rowsOf(work: UnitOfWork): Promise<ChangeRow[]> {
  const rows: ChangeRow[] = [];
  for (const change of work.changes) {
    const { item } = change;
    const changed = change.changed.filter(({ type }) => item.kind !== 'tombstone' || type === item.of);
    if (changed.length === 0 || (await isInDeletedContainer(work, change))) continue;
    for (const element of changed) rows.push(await rowOf(work, change, element));
  }
  return rows.sort((a, b) => placeInOrder(a) - placeInOrder(b));
}

/** The changes that a commit makes to items, one effect for each item. */
export const effectsOf = (work: UnitOfWork): Effect[] => [
  ...work.changes.map(effectOf),
  ...[...work.nameChanges].map(([sk, name]): Effect => {
    const folderId = name?.folderId;
    // A free name expires like a deleted folder: until then a late projection cannot assign it again.
    return {
      sk,
      ...(folderId === undefined && { expiresAtMs: work.nowMs + TOMBSTONE_MS }),
      content: { kind: 'folderName', ...(folderId !== undefined && { folderId }) },
    };
  }),
];

/** Writes only the part of a message that has changed, so that a state never carries its message. */
function effectOf({ item, before }: PendingChange): Effect {
  const { sk, version: _, expiresAtMs, ...rest } = item;
  const expiry = expiresAtMs === undefined ? {} : { expiresAtMs };
  const wasAside = before?.kind === 'message' && before.bodyBytes !== undefined;
  if (item.kind === 'tombstone') {
    const { stateVersion: __, ...content } = rest as Tombstone;
    return {
      sk,
      ...expiry,
      content: content as ItemContent,
      ...(item.of === 'message' && { state: null }),
      ...(wasAside && { dropsBody: true }),
    };
  }
  const hint = before === undefined ? { creates: true as const } : {};
  if (item.kind !== 'message') return { sk, ...expiry, ...hint, content: rest as ItemContent };
  const { state, stateVersion: __, bodyBytes: ___, ...content } = rest as StoredMessage;
  const was = before?.kind === 'message' ? before : undefined;
  const isSameContent =
    was !== undefined &&
    was.modSeq === item.modSeq &&
    was.countedExpiryMs === item.countedExpiryMs &&
    was.expiresAtMs === expiresAtMs &&
    was.data === item.data;
  // A new message writes that it has no state: a late write could bring back the state of an expired one with its key.
  const isSameState = was !== undefined && was.state === state;
  return {
    sk,
    ...expiry,
    ...hint,
    ...(!isSameContent && { content: content as ItemContent }),
    ...(!isSameState && { state: state ?? null }),
    ...(wasAside && !isSameContent && !isLarge(item) && { dropsBody: true }),
  };
}

const isLarge = (message: StoredMessage): boolean => jsonBytes(elementOf(message)) > ASIDE_ABOVE_BYTES;

const placeInOrder = ({ type, removed }: ChangeRow): number =>
  ELEMENT_TYPES.indexOf(type) + (removed ? ELEMENT_TYPES.length : 0);

/**
 * Rule: no row for an element that the same commit deletes with its container. The row of the container has the same
 * number and may be sent first.
 */
async function isInDeletedContainer(work: UnitOfWork, { item, key }: PendingChange): Promise<boolean> {
  if (item.kind === 'tombstone' || key.conversationId === undefined) return false;
  const history = await work.conversation(key.conversationId);
  if (history === undefined || history === 'gone') return true;
  return item.kind === 'message' && (await work.message(history, item.id)) === 'gone';
}

async function rowOf(
  work: UnitOfWork,
  { item, before, key, expired }: PendingChange,
  { type, implied }: ChangedElement,
): Promise<ChangeRow> {
  const isGoneWithFolder =
    item.kind === 'conversationHistory' && (await work.conversation(item.id)) === 'gone';
  const element =
    item.kind === 'tombstone' || isGoneWithFolder
      ? undefined
      : item.kind === 'message' && type === 'messageState'
        ? stateElementOf(item)
        : elementOf(item);
  return {
    type,
    id: key.id,
    ...(key.conversationId !== undefined && { conversationId: key.conversationId }),
    ...(await foldersOf(work, { item, before, key })),
    ...(item.kind === 'conversationHistory' &&
      item.data.createdModSeq === item.modSeq && { created: true as const, ...previousLifeFolderId(before) }),
    ...aboutMessage(item.kind === 'message' ? item : (before ?? expired)),
    ...(element ? { element } : { removed: expired ? ('expired' as const) : ('deleted' as const) }),
    ...(implied && { implied }),
    ...(expired && element && type === 'message' && { replacesExpired: true as const }),
  };
}

/** The folder of an element, by its conversation history. A message or session history never leaves its conversation. */
async function foldersOf(
  work: UnitOfWork,
  { item, before, key }: Pick<PendingChange, 'item' | 'before' | 'key'>,
): Promise<Pick<ChangeRow, 'folderId' | 'previousFolderId'>> {
  if (item.kind === 'folder' || (item.kind === 'tombstone' && item.of === 'folder')) return {};
  const was = before?.kind === 'conversationHistory' ? before : undefined;
  const history =
    item.kind === 'conversationHistory'
      ? item
      : key.conversationId === undefined
        ? was
        : await work.conversation(key.conversationId);
  if (history === undefined || history === 'gone') return was ? { folderId: was.data.folderId } : {};
  const { folderId } = history.data;
  return { folderId, ...(was && was.data.folderId !== folderId && { previousFolderId: was.data.folderId }) };
}

/** The folder of the previous life of a conversation history, if no row of its own has ended that life. */
function previousLifeFolderId(before: StoredItem | undefined): { previousLifeFolderId?: FolderId } {
  if (before?.kind === 'conversationHistory') return { previousLifeFolderId: before.data.folderId };
  return before?.kind === 'tombstone' && before.containerId !== undefined
    ? { previousLifeFolderId: before.containerId as string as FolderId }
    : {};
}

const aboutMessage = (item: StoredItem | undefined) =>
  item?.kind === 'message' ? { date: item.data.date, messageContext: item.data.messageContext } : {};

/** The counts with one element more or less. A state counts as long as its message lives. */
export const addCounts = (counts: Counts, element: StoredElement, by: 1 | -1): Counts => ({
  ...counts,
  [element.kind]: counts[element.kind] + by,
  ...(element.kind === 'message' && element.state && { messageState: counts.messageState + by }),
  bytes: counts.bytes + by * elementBytes(element),
});

/** Number of live elements of a kind after the changes so far. */
export const countAfter = ({ head, changes }: UnitOfWork, kind: StoredElement['kind']): number =>
  changes.reduce(
    (count, { item, before }) => count + Number(item.kind === kind) - Number(before?.kind === kind),
    head.counts[kind],
  );

/** Live elements of the box after the commit. A purge subtracts the contents of deleted containers later. */
export async function countsAfter(counts: Counts, work: UnitOfWork): Promise<Counts> {
  let after = counts;
  for (const { item, before, expired } of work.changes) {
    for (const was of [before, expired]) if (was && isElement(was)) after = addCounts(after, was, -1);
    if (before?.kind === 'tombstone' && before.purged && (await isStillCounted(work, before, before.purged)))
      after = countsWithout(after, before.purged);
    if (item.kind !== 'tombstone') after = addCounts(after, item, 1);
  }
  return after;
}

/** Whether the purge that removed an element has yet to subtract it from the counts. */
async function isStillCounted(work: UnitOfWork, item: Tombstone, { by }: Purged): Promise<boolean> {
  // The record of the purge expires with the tombstones. It was subtracted long before that.
  if (hasExpired(item, work.nowMs)) return false;
  const purge = await work.read(by);
  return purge?.kind !== 'purge' || byKey(item.sk, purge.after) > 0;
}

/** The counts without the elements of an item that was purged. */
export function countsWithout(counts: Counts, { elements, bytes }: Purged): Counts {
  const left: { -readonly [K in keyof Counts]: number } = { ...counts, bytes: counts.bytes - bytes };
  for (const type of elements) left[type]--;
  return left;
}
