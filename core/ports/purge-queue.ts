import type { ConversationId, FolderId, SessionId } from '../../protocol/ids.js';
import type { BoxId } from '../model/items.js';

/** A container that was deleted and is to be purged. */
export type DeletedContainer =
  | { readonly type: 'folder'; readonly id: FolderId }
  | { readonly type: 'conversationHistory'; readonly id: ConversationId }
  | { readonly type: 'sessionHistory'; readonly id: SessionId; readonly conversationId: ConversationId };

/** One piece of a purge, on its way through the purge queue. */
export interface PurgeMessage {
  readonly box: BoxId;
  readonly container: DeletedContainer;
  readonly index: number; // of the log entry that deleted the container
  readonly modSeq: number; // of the same
  readonly after?: string; // key up to which it has been looked through
  readonly isEmpty?: true; // what is left to do is to forget that it was being emptied
}

export interface PurgeQueue {
  /** Unit of `delaySeconds`: whole seconds, 0 to 900. @throws Error when the queue did not take all of them. */
  send(messages: readonly PurgeMessage[], delaySeconds: number): Promise<void>;
}
