import type { ConversationId } from '../../protocol/ids.js';

/**
 * The phases of a backfill, in their order. First conversation histories that left the scope, then elements that came
 * in: folders, conversation histories, and contents. Contents of a conversation history are sent newest first.
 */
export const BACKFILL_PHASES = ['leaving', 'folders', 'conversations', 'contents'] as const;
export type BackfillPhase = (typeof BACKFILL_PHASES)[number];

/** How far a scan over items has been sent. */
export interface Cursor {
  readonly after?: string; // key of the last item that was sent, absent at the start
  readonly isStatePending?: boolean; // `after` is a message, and there was no room for its state
}

/** How far a backfill has been sent. */
export interface BackfillCursor extends Cursor {
  readonly phase: BackfillPhase;
  readonly sent: number; // elements so far
  readonly total: number; // elements, an estimate
  /** The token had no room for both cursors. The backfill waits until the log's own cursor is done. */
  readonly isWaiting?: true;
}

/** How far the contents of a conversation history that moved into the scope have been sent. */
export interface ContentsCursor extends Cursor {
  readonly conversationId: ConversationId;
}

/** A scope of a device. A restore repeats versions, and the nonce distinguishes two scopes of one version. */
export interface ScopeRef {
  readonly version: number;
  readonly nonce: string;
}

/** The scopes that a synchronization covers. */
export interface ScopeSpan {
  readonly from: ScopeRef; // at the last complete synchronization, or at the start of the first one
  readonly to: ScopeRef; // that the backfill fills now
  readonly isFirst: boolean; // the device has completed no synchronization yet
}

/** A log entry. The nonce proves that the box still has the past that this entry belongs to. */
export interface EntryRef {
  readonly index: number;
  readonly nonce: string;
}

/** The state of a device: all log entries up to `index` were sent, and the first `rowsSent` rows of the next one. */
export interface Position {
  readonly index: number;
  readonly timeline: number; // of the box
  readonly modSeq: number; // of the box after that entry
  readonly nonce: string; // of that entry: proves that the token belongs to the past of this box
  readonly projected: number; // the view has all entries up to here; not beyond `index`
  readonly rowsSent: number;
  readonly incomplete: boolean; // the synchronization has more to send
  readonly pageNo: number; // responses of this synchronization so far, so that each has another token
  readonly scope: ScopeSpan;
  /** The newest entry that a response may have shown anything of, if that entry is after `index`. */
  readonly highWater?: EntryRef;
  readonly backfill?: BackfillCursor;
  readonly contents?: ContentsCursor;
  /** The next row is an expanded removal: the key up to which its removals were sent. */
  readonly expandedUpTo?: string;
}
