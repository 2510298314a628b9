import type { ConversationId } from '../../protocol/ids.js';

/**
 * The stages of a backfill, in their order: conversation histories that left the scope, then what came in: folders,
 * conversation histories, and contents, of each conversation history the newest first.
 */
export const STAGES = ['leaving', 'folders', 'conversations', 'contents'] as const;
export type Stage = (typeof STAGES)[number];

/** How far a stretch of items has been sent. */
export interface Cursor {
  readonly after?: string; // key of the last item that is done, absent at the start
  readonly stateOwed?: boolean; // of `after`, a message: its state had no room any more
}

/** How far a backfill has come. */
export interface BackfillCursor extends Cursor {
  readonly stage: Stage;
  readonly sent: number; // elements so far
  readonly total: number; // elements, an estimate
}

/** How far the contents of a conversation history have been sent that was moved into the scope. */
export interface ContentsCursor extends Cursor {
  readonly conversationId: ConversationId;
}

/** Where a device stands: the commits up to `modSeq` have been told, of the next one its first `rows` rows. */
export interface Position {
  readonly modSeq: number;
  readonly nonce: string; // of commit `modSeq`: proves that the token is of this box's past
  readonly rows: number;
  readonly midway: boolean; // of a synchronization that had more
  /**
   * Versions of the scope: at the last complete synchronization, or the negative of that at the start of the first
   * one, which is not complete yet; and the one that is now being filled.
   */
  readonly scope: { readonly from: number; readonly to: number };
  readonly backfill?: BackfillCursor;
  readonly contents?: ContentsCursor;
  /** Of the row behind the position, a removal that is told item by item: the key up to which it was. */
  readonly itemized?: string;
}
