import {
  coveredTypes,
  type ElementType,
  forEachType,
  typesInItem,
} from '../../protocol/elements/element-types.js';
import type { MessageContext } from '../../protocol/elements/message.js';
import type { ConversationId, FolderId } from '../../protocol/ids.js';
import type { Effective } from '../../protocol/preferences.js';
import { isElement } from '../model/element.js';
import type { ChangeRow } from '../model/log-entry.js';
import type { StoredItem } from '../model/stored-item.js';
import { DAY_MS } from '../model/timing.js';

/** The scope of a device, prepared to be checked for many elements. Units: days, bytes of UTF-8. */
export interface SyncScope {
  readonly types: ReadonlySet<ElementType>;
  readonly folders: ReadonlySet<string> | '*';
  readonly excluded: ReadonlySet<string>;
  readonly maxAgeDays: Effective['maxMessageAgeDays'];
  readonly maxTextBytes: number;
}

/** An effective scope as a `SyncScope`. */
export const syncScopeOf = (effective: Effective): SyncScope => ({
  types: new Set(effective.elementTypes),
  folders: effective.folders === '*' ? '*' : new Set<string>(effective.folders),
  excluded: new Set<string>(effective.excludeConversations),
  maxAgeDays: effective.maxMessageAgeDays,
  maxTextBytes: effective.maxTextBytes ?? Number.POSITIVE_INFINITY,
});

/** Whether the scope contains a conversation history in this folder. Its contents then also depend on their types. */
export const holdsConversation = (
  scope: SyncScope,
  id: ConversationId,
  folderId: FolderId | undefined,
): boolean =>
  !scope.excluded.has(id) &&
  (scope.folders === '*' || (folderId !== undefined && scope.folders.has(folderId)));

/** Whether a message of this context and date is within the age limit. Source: protocol, `maxMessageAgeDays`. */
export function isYoungEnough(
  scope: SyncScope,
  { messageContext, date }: { messageContext?: MessageContext | undefined; date?: string | undefined },
  nowMs: number,
): boolean {
  const days = messageContext === undefined ? undefined : scope.maxAgeDays[messageContext];
  return days === undefined || date === undefined || nowMs - Date.parse(date) <= days * DAY_MS;
}

/** The types of elements that the removal of an element deletes. */
const COVERED = forEachType(coveredTypes);

/** Whether the removal of an element of this type can delete any element of the scope. */
export const coversAnything = (scope: SyncScope, type: ElementType): boolean =>
  COVERED[type].some((covered) => scope.types.has(covered));

/** Whether a device of this scope keeps contents of conversation histories, but not these, which name the folder. */
export const lacksConversations = (scope: SyncScope): boolean =>
  !scope.types.has('conversationHistory') && coversAnything(scope, 'conversationHistory');

/** Whether a device of this scope keeps states, but not their messages, which name the session history. */
export const lacksMessages = ({ types }: SyncScope): boolean =>
  types.has('messageState') && !types.has('message');

/**
 * Whether a device of this scope keeps contents without an element type that names their container. Such a device cannot
 * decide whether a change is in its scope.
 */
export const lacksContainerTypes = (scope: SyncScope): boolean =>
  lacksConversations(scope) || lacksMessages(scope);

/**
 * Whether a row of the log concerns a scope. An element does by its type and age; a removal does by the elements that it
 * deletes, at any age.
 * @param isConversationIn whether the scope contains the conversation history of the row; ignored for folders
 */
export function concerns(
  scope: SyncScope,
  row: ChangeRow,
  isConversationIn: boolean,
  nowMs: number,
): boolean {
  if (row.type === 'folder') {
    if (!row.removed) return scope.types.has('folder');
    const coversContents = scope.folders === '*' || scope.folders.has(row.id);
    return scope.types.has('folder') || (coversContents && coversAnything(scope, 'conversationHistory'));
  }
  if (!isConversationIn) return false;
  // A device without conversation histories cannot see that another life began, so the end of the earlier one is sent.
  const isRemoval =
    row.removed !== undefined || (row.previousLifeFolderId !== undefined && lacksConversations(scope));
  if (isRemoval) return coversAnything(scope, row.type);
  return scope.types.has(row.type) && isYoungEnough(scope, row, nowMs);
}

/**
 * The elements of an item that are in the scope.
 * @param isConversationIn whether the scope contains the conversation history of the item; ignored for folders
 */
export function elementsInScope(
  scope: SyncScope,
  item: StoredItem,
  isConversationIn: boolean,
  nowMs: number,
): readonly ElementType[] {
  if (!isElement(item) || (item.kind !== 'folder' && !isConversationIn)) return [];
  if (item.kind === 'message' && !isYoungEnough(scope, item.data, nowMs)) return [];
  return typesInItem(item.kind).filter((type) => scope.types.has(type));
}
