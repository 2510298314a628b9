import type { FolderId } from '../../protocol/ids.js';
import { stateVersionOf } from './effects.js';
import type {
  ExpiringElement,
  PendingPurge,
  StateAlone,
  StoredConversation,
  StoredMessage,
} from './items.js';
import type { StoredItem } from './stored-item.js';
import { UNWRITTEN } from './version.js';

/**
 * Whether an element belongs to an earlier life of its conversation history, by its number. If a restore left the item
 * ahead of the log, its number may be too high; then its version is too low.
 */
export const isOfEarlierLife = (
  { data, createdVersion = UNWRITTEN }: StoredConversation,
  { modSeq, version }: Pick<ExpiringElement, 'modSeq' | 'version'>,
): boolean => modSeq < data.createdModSeq || version < createdVersion;

/** Whether a conversation history no longer contains an element, even if the element is not purged yet. */
export const isGoneFrom = (history: StoredConversation, item: ExpiringElement): boolean =>
  isOfEarlierLife(history, item) ||
  (item.kind === 'message' && (history.pendingPurges?.some(({ id }) => id === item.data.sessionId) ?? false));

/**
 * Whether a conversation history was deleted with its folder.
 * @param pendingPurges of the box: its deleted folders. The history must be at least as new, since the commit that deletes a
 * folder may first move the history out of it.
 */
export const isInDeletedFolder = (
  pendingPurges: readonly PendingPurge<FolderId>[] | undefined,
  { data }: StoredConversation,
): boolean => pendingPurges?.some(({ id }) => id === data.folderId) ?? false;

/** Whether two times are the same for the database, which stores seconds. */
export const isSameTime = (aMs: number | undefined, bMs: number | undefined): boolean =>
  aMs !== undefined && bMs !== undefined && Math.ceil(aMs / 1000) === Math.ceil(bMs / 1000);

/**
 * Whether the item under the key of a removed element is that element: a late projection wrote it again, or only the log has
 * it. An element keeps its expiry time for life, and a later element under the same key expires later. A session history may
 * get a later expiry time without a new `modSeq`.
 */
export function isOfSameLife(removed: ExpiringElement, read: StoredItem | undefined): boolean {
  if (read?.kind === 'sessionHistory' && removed.kind === 'sessionHistory' && read.modSeq === removed.modSeq)
    return true;
  const isKind = read?.kind === removed.kind || read?.kind === 'stateAlone';
  return isKind && isSameTime(read?.expiresAtMs, removed.expiresAtMs);
}

/** The last state of a removed element, with the newer content and the newer state: the counts contain that state. */
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
