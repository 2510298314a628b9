import type { ConversationId, FolderId, SessionId } from '../../protocol/ids.js';
import { conversationKey, folderKey, messageKey, sessionKey } from './keys.js';
import type { ChangeRow } from './log-entry.js';

/** Key of the item that holds the element of a row; a message and its state share one. */
export function rowKey({ type, id, conversationId = '' as ConversationId }: ChangeRow): string {
  switch (type) {
    case 'folder':
      return folderKey(id as FolderId);
    case 'conversationHistory':
      return conversationKey(id as ConversationId);
    case 'sessionHistory':
      return sessionKey(conversationId, id as SessionId);
    default:
      return messageKey(conversationId, id);
  }
}
