import { type ElementType, isContentType } from '../../protocol/elements/element-types.js';
import { isElement } from '../model/element.js';
import { hasExpired } from '../model/expiry.js';
import type { StoredConversation, StoredElement } from '../model/items.js';
import { isGoneFrom, isInDeletedFolder } from '../model/liveness.js';
import type { StoredItem } from '../model/stored-item.js';
import { coversAnything, elementsInScope, holdsConversation, type SyncScope } from '../scope/sync-scope.js';
import type { ScanBatch } from './backfill-scan.js';
import { ScopeMembership } from './scope-membership.js';
import type { SyncContext } from './sync-context.js';

/** The part of the context that decides which items a backfill sends. */
export type FilterContext = Pick<SyncContext, 'scope' | 'tail' | 'nowMs'>;

type Histories = ScanBatch['histories'];

/** `difference`: only elements that the device does not hold already. */
export type Selection = 'difference' | 'all';

/**
 * Whether an item is alive. It and its containers were not deleted, it has not expired, and it does not belong to an
 * earlier life of its conversation history.
 */
export function isAlive(
  { tail: { head }, nowMs }: FilterContext,
  item: StoredItem,
  histories: Histories,
): item is StoredElement {
  if (!isElement(item)) return false;
  if (item.kind === 'folder') return true;
  if (item.kind === 'conversationHistory') return !isInDeletedFolder(head.pendingPurges, item);
  const history = histories.get(item.conversationId);
  if (history?.kind !== 'conversationHistory' || hasExpired(item, nowMs)) return false;
  return !isGoneFrom(history, item) && !isInDeletedFolder(head.pendingPurges, history);
}

/**
 * Whether a conversation history left the scope: some earlier scope of the device contains it, and the present one does
 * not. For a deleted folder the log sends the deletion or the move instead.
 */
export function hasLeft({ scope, tail }: FilterContext, item: StoredElement): item is StoredConversation {
  if (item.kind !== 'conversationHistory' || isInDeletedFolder(tail.head.pendingPurges, item)) return false;
  const membership = new ScopeMembership(scope);
  const { folderId } = item.data;
  return (
    !membership.isInScope(item.id, folderId) &&
    membership.mayBeHeld(item.id, folderId) &&
    scope.held.some((held) => coversAnything(held, 'conversationHistory'))
  );
}

/** The elements of an item that are in the scope and belong to the selection. */
export function selectedTypes(
  { scope, nowMs }: FilterContext,
  item: StoredElement,
  { histories, selection }: { readonly histories: Histories; readonly selection: Selection },
): readonly ElementType[] {
  const inScope = (of: SyncScope) => elementsInScope(of, item, isConversationIn(of, item, histories), nowMs);
  const types = inScope(scope.now);
  if (selection === 'all' || !scope.hasCompleted) return types;
  const isHeld = (type: ElementType) => (held: SyncScope) =>
    inScope(held).includes(type) && (type !== 'message' || isTextHeld(held, scope.now, item));
  return types.filter((type) => !scope.held.every(isHeld(type)));
}

function isConversationIn(of: SyncScope, item: StoredElement, histories: Histories): boolean {
  if (item.kind === 'folder') return false;
  if (item.kind === 'conversationHistory') return holdsConversation(of, item.id, item.data.folderId);
  const history = histories.get(item.conversationId);
  return history?.kind === 'conversationHistory' && holdsConversation(of, history.id, history.data.folderId);
}

/** Rule: the server sends a text again if it may be longer now. Clients shorten their texts by themselves. */
function isTextHeld(held: SyncScope, now: SyncScope, item: StoredElement): boolean {
  if (now.maxTextBytes <= held.maxTextBytes) return true;
  if (item.kind !== 'message' || item.data.textContent === undefined) return true;
  return Buffer.byteLength(item.data.textContent) <= held.maxTextBytes;
}

/** Whether a backfill of the difference has to scan the contents of a conversation history. */
export function isContentWanted({ scope, tail }: FilterContext, history: StoredConversation): boolean {
  const { id, data } = history;
  if (isInDeletedFolder(tail.head.pendingPurges, history)) return false;
  if (!holdsConversation(scope.now, id, data.folderId)) return false;
  if (!scope.hasCompleted) return true;
  return scope.held.some((held) => !holdsConversation(held, id, data.folderId) || isWider(scope.now, held));
}

/** Whether a scope may contain more of a conversation history than another one, by types, ages or lengths of texts. */
function isWider(now: SyncScope, held: SyncScope): boolean {
  const contexts = Object.keys({
    ...now.maxAgeDays,
    ...held.maxAgeDays,
  }) as (keyof SyncScope['maxAgeDays'])[];
  return (
    [...now.types].some((type) => isContentType(type) && !held.types.has(type)) ||
    now.maxTextBytes > held.maxTextBytes ||
    contexts.some((context) => (now.maxAgeDays[context] ?? Infinity) > (held.maxAgeDays[context] ?? Infinity))
  );
}
