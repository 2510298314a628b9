import type { BoxId } from '../model/items.js';

/** A box to be erased, on its way through the erase queue. One of another epoch is another box: it is left alone. */
export interface EraseMessage {
  readonly box: BoxId;
  readonly epoch: string;
}

export interface EraseQueue {
  /** Unit of `delaySeconds`: whole seconds, 0 to 900. @throws Error when the queue did not take it. */
  send(message: EraseMessage, delaySeconds: number): Promise<void>;
}
