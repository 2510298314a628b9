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
  /** Its key had no room beside that of what is told from the log: it goes on when that has been told. */
  readonly waits?: true;
}

/** How far the contents of a conversation history have been sent that was moved into the scope. */
export interface ContentsCursor extends Cursor {
  readonly conversationId: ConversationId;
}

/** A scope of a device. The nonce tells two of one version apart: a table that is restored counts them anew. */
export interface ScopeMark {
  readonly version: number;
  readonly nonce: string;
}

/** Scopes between which a device stands. */
export interface ScopeSpan {
  readonly from: ScopeMark; // at the last complete synchronization, or at the start of the first one
  readonly to: ScopeMark; // that is now being filled
  readonly isFirst: boolean; // none was complete yet
}

/** A log entry of which something was shown: with its nonce it proves that the box still has the past it was in. */
export interface Seen {
  readonly index: number;
  readonly nonce: string;
}

/** Where a device stands: the log entries up to `index` have been sent, of the next one its first `rows` rows. */
export interface Position {
  readonly index: number;
  readonly timeline: number; // of the box
  readonly modSeq: number; // of the box after that entry
  readonly nonce: string; // of that entry: proves that the token is of this box's past
  readonly projected: number; // up to here, and not beyond `index`, entries are known to be applied to the view
  readonly rows: number;
  readonly midway: boolean; // of a synchronization that had more
  readonly step: number; // responses of this synchronization so far: so the token of each is another
  readonly scope: ScopeSpan;
  /** The last entry that a response may have shown something of, where it lies beyond `index`. */
  readonly seen?: Seen;
  readonly backfill?: BackfillCursor;
  readonly contents?: ContentsCursor;
  /** Of the row behind the position, a removal that is sent item by item: the key up to which it was. */
  readonly itemized?: string;
}
