/** How far a backfill has come. `after`: key of the last item sent, absent at the start of the stage. */
export interface BackfillCursor {
  readonly stage: 'folders' | 'conversations' | 'contents';
  readonly after?: string;
  readonly stateOwed?: boolean; // of `after`, a message: its state did not fit any more
  readonly sent: number; // elements so far
  readonly total: number; // elements, an estimate
}

/** Where a device stands: the commits up to `modSeq` have been told, of the next one its first `rows` rows. */
export interface Position {
  readonly modSeq: number;
  readonly nonce: string; // of commit `modSeq`: proves that the token is of this box's past
  readonly rows: number;
  readonly midway: boolean; // of a synchronization that had more
  readonly backfill?: BackfillCursor;
}
