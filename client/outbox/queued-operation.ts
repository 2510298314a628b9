import type { Operation } from '../../protocol/operation.js';
import type { ElementKey } from '../local-state/keys.js';

/** An operation with its number, unique per device instance. */
export type Numbered = Operation & { n: number };

/** A pending operation: not answered, or answered in a synchronization that has not ended. */
export interface QueuedOperation {
  operation: Numbered;
  touched: ElementKey[]; // elements whose optimistic layer it set
  answered?: Answered;
}

/** Kept until the synchronization ends. Without it, queries would show the operation as undone until its change arrives. */
export interface Answered {
  modSeq?: number; // of the commit; absent: nothing changed
  comesAsChange: boolean; // the server certainly sends its change
}
