import type { BoxId } from '../model/items.js';

/** Message of the erase queue: a box to erase. A box with another epoch was created later and is not erased. */
export interface EraseMessage {
  readonly box: BoxId;
  readonly epoch: string;
}

export interface EraseQueue {
  /** Unit of `delaySeconds`: whole seconds, 0 to 900. @throws Error when the queue did not take it. */
  send(message: EraseMessage, delaySeconds: number): Promise<void>;
}
