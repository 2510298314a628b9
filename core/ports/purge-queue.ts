import type { ConversationId, FolderId, SessionId } from '../../protocol/ids.js';
import type { BoxId } from '../model/items.js';

/** A deleted container that has to be purged. */
export type DeletedContainer =
  | { readonly type: 'folder'; readonly id: FolderId }
  | { readonly type: 'conversationHistory'; readonly id: ConversationId }
  | { readonly type: 'sessionHistory'; readonly id: SessionId; readonly conversationId: ConversationId };

/** Message of the purge queue: one part of a purge. */
export interface PurgeMessage {
  readonly box: BoxId;
  readonly container: DeletedContainer;
  readonly index: number; // of the log entry that deleted the container
  readonly modSeq: number; // of the same
  readonly after?: string; // key up to which the container was searched
  readonly isEmpty?: true; // only the pending purge is left to remove
}

export interface PurgeQueue {
  /** Unit of `delaySeconds`: whole seconds, 0 to 900. @throws Error when the queue did not take all of them. */
  send(messages: readonly PurgeMessage[], delaySeconds: number): Promise<void>;
}
