import type { Operation } from '../../protocol/operation.js';
import type { ElementKey } from '../local-state/keys.js';

export type Numbered = Operation & { n: number };

/** An operation that is not settled: not answered yet, or answered and perhaps still on its way as a change. */
export interface QueuedOperation {
  operation: Numbered;
  touched: ElementKey[]; // what it is laid over
  answered?: Answered;
}

/** Kept until the synchronization ends, so that nothing is shown as undone between the answer and the change. */
export interface Answered {
  modSeq?: number; // of the commit; absent: there was nothing to change
  comesAsChange: boolean; // the server sends it in any case
}
