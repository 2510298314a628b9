import type { Element, ElementOf, ElementType } from '../../protocol/elements/element.js';

/** The two layers of one element. */
export interface Slot<E extends Element = Element> {
  confirmed?: E; // as the server last sent or acknowledged it
  generation?: number; // of `confirmed`; a lower one than the state's: held before a reset, and not sent since
  optimistic?: E | null; // as the pending operations leave it; null: they delete it
}

/** The value of one key: an element, a message with its state, or a conversation history with its summary. */
export type Row = { [T in ElementType]?: Slot<ElementOf<T>> } & { summary?: Summary };

/** Derived from the messages and states of a conversation history. A list of conversations shows it. */
export interface Summary {
  unread: number; // messages with direction In and without \Seen
  newest?: { id: string; date: string }; // the message with the highest id
}

/** The element that queries return: the optimistic layer if there is one, else the confirmed layer. */
export const shown = <E extends Element>(slot: Slot<E> | undefined): E | undefined =>
  slot?.optimistic === undefined ? slot?.confirmed : (slot.optimistic ?? undefined);
