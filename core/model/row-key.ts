import type { ConversationId, FolderId } from '../../protocol/ids.js';
import { contentKey, conversationKey, folderKey } from './keys.js';
import type { ChangeRow } from './log-entry.js';

/** Key of the item that holds the element of a row. A message and its state share one. */
export function rowKey({ type, id, conversationId = '' as ConversationId }: ChangeRow): string {
  if (type === 'folder') return folderKey(id as FolderId);
  if (type === 'conversationHistory') return conversationKey(id as ConversationId);
  return contentKey(conversationId, type, id);
}
