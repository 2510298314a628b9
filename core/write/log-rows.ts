import { ELEMENT_TYPES, type ElementType } from '../../protocol/elements/element.js';
import type { FolderId } from '../../protocol/ids.js';
import { byKey } from '../log/view.js';
import { ASIDE_ABOVE_BYTES } from '../model/effects.js';
import { elementBytes, elementOf, jsonBytes, stateElementOf } from '../model/element.js';
import { hasExpired } from '../model/expiry.js';
import type { Counts, Purged, StoredElement, StoredItem, StoredMessage, Tombstone } from '../model/items.js';
import type { ChangeRow, Effect, ItemContent } from '../model/log-entry.js';
import { TOMBSTONE_MS } from '../model/timing.js';
import type { Staged, UnitOfWork } from './unit-of-work.js';

/**
 * The rows of the commit in their fixed order: that of responses, which may end between any two of them, then as evaluated.
 * Removals are last: what a folder held that the same commit moved out has to be told before the folder goes.
 */
export function rowsOf(work: UnitOfWork): ChangeRow[] {
  return work.changes
    .flatMap((staged) => staged.touches.map((touch) => ({ staged, touch })))
    .filter(({ staged, touch }) => staged.item.kind !== 'tombstone' || touch.type === staged.item.of)
    .filter(({ staged }) => !isHeldByDeleted(work, staged))
    .map(({ staged, touch }) => rowOf(work, staged, touch.type, touch.implied))
    .sort((a, b) => placeInOrder(a) - placeInOrder(b));
}

/** What the commit does to items, one effect each. */
export const effectsOf = (work: UnitOfWork): Effect[] => [
  ...work.changes.map(effectOf),
  ...[...work.nameChanges].map(([sk, { item }]): Effect => {
    const folderId = item?.folderId;
    // A name that is free is forgotten like a deleted folder: until then no late projection can take it again.
    return {
      sk,
      ...(folderId === undefined && { expiresAtMs: work.nowMs + TOMBSTONE_MS }),
      content: { kind: 'folderName', ...(folderId !== undefined && { folderId }) },
    };
  }),
];

/** Of a message only the part that has changed is written, so that a state never carries its message. */
function effectOf({ item, before }: Staged): Effect {
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
  // A late write may bring back the state of one that expired under the same key: a new message says that it has none.
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
 * What the commit writes into a container and then deletes with it goes untold, since the removal of the container
 * has the same number and may be told before.
 */
function isHeldByDeleted(work: UnitOfWork, { item, key }: Staged): boolean {
  if (item.kind === 'tombstone' || key.conversationId === undefined) return false;
  const history = work.conversation(key.conversationId);
  if (history === undefined || history === 'gone') return true;
  return item.kind === 'message' && work.message(history, item.id) === 'gone';
}

function rowOf(
  work: UnitOfWork,
  { item, before, key, expired }: Staged,
  type: ElementType,
  implied: boolean,
): ChangeRow {
  const isGone = item.kind === 'conversationHistory' && work.conversation(item.id) === 'gone'; // with its folder
  const element =
    item.kind === 'tombstone' || isGone
      ? undefined
      : item.kind === 'message' && type === 'messageState'
        ? stateElementOf(item)
        : elementOf(item);
  return {
    type,
    id: key.id,
    ...(key.conversationId !== undefined && { conversationId: key.conversationId }),
    ...placeOf(work, { item, before, key }),
    ...(item.kind === 'conversationHistory' &&
      item.data.createdModSeq === item.modSeq && { created: true as const, ...previousLifeFolderId(before) }),
    ...aboutMessage(item.kind === 'message' ? item : (before ?? expired)),
    ...(element ? { element } : { removed: expired ? ('expired' as const) : ('deleted' as const) }),
    ...(implied && { implied }),
    ...(expired && element && type === 'message' && { replacesExpired: true as const }),
  };
}

/** In which folder it is, by its conversation history; a message and a session history never leave theirs. */
function placeOf(work: UnitOfWork, { item, before, key }: Pick<Staged, 'item' | 'before' | 'key'>) {
  if (item.kind === 'folder' || (item.kind === 'tombstone' && item.of === 'folder')) return {};
  const was = before?.kind === 'conversationHistory' ? before : undefined;
  const history =
    item.kind === 'conversationHistory'
      ? item
      : key.conversationId === undefined
        ? was
        : work.conversation(key.conversationId);
  if (history === undefined || history === 'gone') return was ? { folderId: was.data.folderId } : {};
  const { folderId } = history.data;
  return { folderId, ...(was && was.data.folderId !== folderId && { previousFolderId: was.data.folderId }) };
}

/** The folder of an earlier life of a conversation history that no removal of its own has ended before. */
function previousLifeFolderId(before: StoredItem | undefined): { previousLifeFolderId?: FolderId } {
  if (before?.kind === 'conversationHistory') return { previousLifeFolderId: before.data.folderId };
  return before?.kind === 'tombstone' && before.containerId !== undefined
    ? { previousLifeFolderId: before.containerId as string as FolderId }
    : {};
}

const aboutMessage = (item: StoredItem | undefined) =>
  item?.kind === 'message' ? { date: item.data.date, messageContext: item.data.messageContext } : {};

/** The counts with an element more, or one less. A state counts as long as its message lives. */
export const addCounts = (counts: Counts, element: StoredElement, by: 1 | -1): Counts => ({
  ...counts,
  [element.kind]: counts[element.kind] + by,
  ...(element.kind === 'message' && element.state && { messageState: counts.messageState + by }),
  bytes: counts.bytes + by * elementBytes(element),
});

/** How many live elements of a kind there are after what the work has so far. */
export const countAfter = ({ head, changes }: UnitOfWork, kind: StoredElement['kind']): number =>
  changes.reduce(
    (count, { item, before }) => count + Number(item.kind === kind) - Number(before?.kind === kind),
    head.counts[kind],
  );

/** Live elements of the box after the commit; what deleted containers held is taken off as it is cleared away. */
export function countsAfter(counts: Counts, work: UnitOfWork): Counts {
  let after = counts;
  for (const { item, before, expired } of work.changes) {
    for (const was of [before, expired]) if (was && isElement(was)) after = addCounts(after, was, -1);
    if (before?.kind === 'tombstone' && countsStill(work, before))
      after = countsWithout(after, before.purged);
    if (item.kind !== 'tombstone') after = addCounts(after, item, 1);
  }
  return after;
}

/** What was purged counts until its purge has taken it off, unless something else takes its place before. */
function countsStill(
  work: UnitOfWork,
  item: Tombstone,
): item is Tombstone & Required<Pick<Tombstone, 'purged'>> {
  // What says that it was taken off is kept as long as what was purged, and no longer.
  if (!item.purged || hasExpired(item, work.nowMs)) return false;
  const purge = work.read(item.purged.by);
  return purge?.kind !== 'purge' || byKey(item.sk, purge.after) > 0;
}

/** The counts without an element that was purged. */
export function countsWithout(counts: Counts, { elements, bytes }: Purged): Counts {
  const left: { -readonly [K in keyof Counts]: number } = { ...counts, bytes: counts.bytes - bytes };
  for (const type of elements) left[type]--;
  return left;
}

export const isElement = (item: StoredItem): item is StoredElement =>
  item.kind === 'folder' ||
  item.kind === 'conversationHistory' ||
  item.kind === 'sessionHistory' ||
  item.kind === 'message';
