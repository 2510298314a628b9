import type { ElementType } from '../../protocol/elements/element.js';
import type { MessageContext } from '../../protocol/elements/message.js';
import type { ConversationId, FolderId } from '../../protocol/ids.js';
import type { Effective } from '../../protocol/preferences.js';
import type { StoredItem } from '../model/items.js';
import type { ChangeRow } from '../model/log-entry.js';
import { DAY_MS } from '../model/timing.js';

/** What is kept synchronized with a device, ready to be asked about one element after the other. */
export interface SyncScope {
  readonly types: ReadonlySet<ElementType>;
  readonly folders: ReadonlySet<string> | '*';
  readonly excluded: ReadonlySet<string>;
  readonly maxAgeDays: Effective['maxMessageAgeDays'];
  readonly maxTextBytes: number;
}

export const syncScopeOf = (effective: Effective): SyncScope => ({
  types: new Set(effective.elementTypes),
  folders: effective.folders === '*' ? '*' : new Set<string>(effective.folders),
  excluded: new Set<string>(effective.excludeConversations),
  maxAgeDays: effective.maxMessageAgeDays,
  maxTextBytes: effective.maxTextBytes ?? Number.POSITIVE_INFINITY,
});

/** Whether a conversation history in a folder belongs to the scope; its contents then do as far as their type does. */
export const holdsConversation = (
  scope: SyncScope,
  id: ConversationId,
  folderId: FolderId | undefined,
): boolean =>
  !scope.excluded.has(id) &&
  (scope.folders === '*' || (folderId !== undefined && scope.folders.has(folderId)));

/** Whether a message of this context and date is young enough. Source: protocol, `maxMessageAgeDays`. */
export function isYoungEnough(
  scope: SyncScope,
  { messageContext, date }: { messageContext?: MessageContext | undefined; date?: string | undefined },
  nowMs: number,
): boolean {
  const days = messageContext === undefined ? undefined : scope.maxAgeDays[messageContext];
  return days === undefined || date === undefined || nowMs - Date.parse(date) <= days * DAY_MS;
}

const CONTENT_TYPES: readonly ElementType[] = [
  'conversationHistory',
  'sessionHistory',
  'message',
  'messageState',
];
/** What the removal of an element covers. */
const COVERED: Record<ElementType, readonly ElementType[]> = {
  folder: ['folder', ...CONTENT_TYPES],
  conversationHistory: CONTENT_TYPES,
  sessionHistory: ['sessionHistory', 'message', 'messageState'],
  message: ['message', 'messageState'],
  messageState: ['messageState'],
};

/** Whether the removal of an element of this type can cover anything of the scope. */
export const coversAnything = (scope: SyncScope, type: ElementType): boolean =>
  COVERED[type].some((covered) => scope.types.has(covered));

/** Whether a device of this scope holds contents of conversation histories, and none of these, which name their folder. */
export const lacksConversations = (scope: SyncScope): boolean =>
  !scope.types.has('conversationHistory') && coversAnything(scope, 'conversationHistory');

/** Whether a device of this scope holds states, and none of their messages, which name their session history. */
export const lacksMessages = ({ types }: SyncScope): boolean =>
  types.has('messageState') && !types.has('message');

/**
 * Whether a row of the log concerns a scope, given whether its conversation history does: an element by type and age,
 * a removal by what it covers, at any age.
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
  // Where no element tells that a conversation history began anew, the end of its earlier life is a removal.
  const isRemoval =
    row.removed !== undefined || (row.previousLifeFolderId !== undefined && lacksConversations(scope));
  if (isRemoval) return coversAnything(scope, row.type);
  return scope.types.has(row.type) && isYoungEnough(scope, row, nowMs);
}

/** Which elements of an item are in the scope, given whether its conversation history is. */
export function elementsInScope(
  scope: SyncScope,
  item: StoredItem,
  isConversationIn: boolean,
  nowMs: number,
): readonly ElementType[] {
  switch (item.kind) {
    case 'folder':
      return scope.types.has('folder') ? ['folder'] : [];
    case 'conversationHistory':
    case 'sessionHistory':
      return isConversationIn && scope.types.has(item.kind) ? [item.kind] : [];
    case 'message': {
      if (!isConversationIn || !isYoungEnough(scope, item.data, nowMs)) return [];
      return (['message', 'messageState'] as const).filter((type) => scope.types.has(type));
    }
    default:
      return [];
  }
}
