import type {
  ConversationElement,
  Element,
  ElementType,
  FolderElement,
  MessageElement,
  MessageStateElement,
  SessionElement,
} from '../../protocol/elements/element.js';

export interface ElementOf {
  folder: FolderElement;
  conversationHistory: ConversationElement;
  sessionHistory: SessionElement;
  message: MessageElement;
  messageState: MessageStateElement;
}

/** An element in its two layers. */
export interface Slot<E extends Element = Element> {
  confirmed?: E; // as the server has it, as far as this device knows
  generation?: number; // of `confirmed`; an earlier one was there before a reset and has not been sent since
  optimistic?: E | null; // as the operations that are not settled leave it; null: they take it away
}

/** What is kept under one key: one element, a message with its state, a conversation history with its summary. */
export type Row = { [T in ElementType]?: Slot<ElementOf[T]> } & { summary?: Summary };

/** What a list of conversations shows, kept up to date with every message and state. */
export interface Summary {
  unread: number; // messages with direction In and without \Seen
  newest?: { id: string; date: string }; // the message with the highest id
}

/** What the application is shown of a slot: confirmed, with the operations laid over it. */
export const shown = <E extends Element>(slot: Slot<E> | undefined): E | undefined =>
  slot?.optimistic === undefined ? slot?.confirmed : (slot.optimistic ?? undefined);
