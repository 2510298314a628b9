import type { ConversationId, FolderId, SessionId } from '../../protocol/ids.js';
import type { BoxId } from '../model/items.js';

/** A container that was deleted by commit `modSeq` and is to be emptied. */
export type DeletedContainer =
  | { readonly type: 'folder'; readonly id: FolderId }
  | { readonly type: 'conversationHistory'; readonly id: ConversationId }
  | { readonly type: 'sessionHistory'; readonly id: SessionId; readonly conversationId: ConversationId };

/** One piece of emptying, on its way through the reap queue. `after`: key up to which it has been done. */
export interface ReapMessage {
  readonly box: BoxId;
  readonly container: DeletedContainer;
  readonly modSeq: number;
  readonly after?: string;
  readonly isEmpty?: true; // what is left to do is to forget that it was being emptied
}

export interface ReapQueue {
  /** Unit of `delaySeconds`: whole seconds, 0 to 900. @throws Error when the queue did not take all of them. */
  send(messages: readonly ReapMessage[], delaySeconds: number): Promise<void>;
}
