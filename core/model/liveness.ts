import { stateVersionOf } from './effects.js';
import type { ExpiringElement, StateAlone, StoredConversation, StoredItem, StoredMessage } from './items.js';
import { UNWRITTEN } from './version.js';

/**
 * Whether an element belongs to an earlier life of its conversation history. Its number says so; where a restore has left
 * an item ahead of the log, the number may be higher than that of a life begun since, and its version says so.
 */
export const isOfEarlierLife = (
  { data, createdVersion = UNWRITTEN }: StoredConversation,
  { modSeq, version }: Pick<ExpiringElement, 'modSeq' | 'version'>,
): boolean => modSeq < data.createdModSeq || version < createdVersion;

/** Whether a conversation history holds an element no more, be it cleared away yet or not. */
export const isGoneFrom = (history: StoredConversation, item: ExpiringElement): boolean =>
  isOfEarlierLife(history, item) ||
  (item.kind === 'message' && (history.pendingPurges?.some(({ id }) => id === item.data.sessionId) ?? false));

/** The database counts times in seconds. */
export const isSameTime = (aMs: number | undefined, bMs: number | undefined): boolean =>
  aMs !== undefined && bMs !== undefined && Math.ceil(aMs / 1000) === Math.ceil(bMs / 1000);

/**
 * Whether the item under the key of a removed element is that element: a late projection put it back, or only the log has
 * it. An element keeps its expiry time for life, and a later element under the same key expires later. A session history may
 * get a later expiry time without a new `modSeq`.
 */
export function isOfSameLife(removed: ExpiringElement, read: StoredItem | undefined): boolean {
  if (read?.kind === 'sessionHistory' && removed.kind === 'sessionHistory' && read.modSeq === removed.modSeq)
    return true;
  const isKind = read?.kind === removed.kind || read?.kind === 'stateAlone';
  return isKind && isSameTime(read?.expiresAtMs, removed.expiresAtMs);
}

/** An element as it was at last, content and state each by itself: that is how it is counted. */
export function lastOf(removed: ExpiringElement, read: StoredItem): ExpiringElement {
  const isNewer = read.kind === removed.kind && read.version > removed.version;
  const content = isNewer ? (read as ExpiringElement) : removed;
  if (content.kind !== 'message' || read.kind === 'sessionHistory' || removed.kind !== 'message')
    return content;
  const { state: _, stateVersion: __, ...message } = content;
  const newer = stateVersionOf(read) > stateVersionOf(removed) ? read : removed;
  const { state, stateVersion } = newer as StoredMessage | StateAlone;
  return { ...message, ...(state && { state }), ...(stateVersion !== undefined && { stateVersion }) };
}
