import type { Element, MessageStateElement } from '../../protocol/elements/element.js';
import type { ModSeq } from '../../protocol/ids.js';
import type { StoredElement, StoredMessage } from './items.js';

/** A stored element as it goes over the wire. A message goes without its state, which is an element of its own. */
export function elementOf(item: StoredElement): Element {
  switch (item.kind) {
    case 'folder':
      return { type: 'folder', id: item.id, modSeq: item.modSeq as ModSeq, ...item.data };
    case 'conversationHistory':
      return { type: 'conversationHistory', id: item.id, modSeq: item.modSeq as ModSeq, ...item.data };
    case 'sessionHistory':
      return {
        type: 'sessionHistory',
        id: item.id,
        modSeq: item.modSeq as ModSeq,
        conversationId: item.conversationId,
        ...item.data,
      };
    case 'message':
      return {
        type: 'message',
        id: item.id,
        modSeq: item.modSeq as ModSeq,
        conversationId: item.conversationId,
        ...item.data,
      };
  }
}

/** The state of a message as it goes over the wire; undefined where none was ever stored. */
export function stateElementOf(item: StoredMessage): MessageStateElement | undefined {
  if (!item.state) return undefined;
  const { modSeq, flags, dispositions } = item.state;
  return {
    type: 'messageState',
    id: item.id,
    modSeq: modSeq as ModSeq,
    conversationId: item.conversationId,
    flags: [...flags], // also when empty: the change that emptied it has to arrive
    ...(dispositions.length > 0 && { dispositions: [...dispositions] }),
  };
}

/** What an item adds to the bytes of its box: its element, and the state beside a message. Unit: bytes of JSON. */
export function elementBytes(item: StoredElement): number {
  const state = item.kind === 'message' ? stateElementOf(item) : undefined;
  const content =
    item.kind === 'message' && item.bodyBytes !== undefined ? item.bodyBytes : jsonBytes(elementOf(item));
  return content + (state ? jsonBytes(state) : 0);
}

const known = new WeakMap<object, number>();

/**
 * Size of an element as the protocol counts it. Unit: bytes of its JSON. Found out once for each object, since a page asks
 * more than once and nothing here changes an object that it was given.
 */
export function jsonBytes(value: object): number {
  const bytes = known.get(value) ?? Buffer.byteLength(JSON.stringify(value));
  known.set(value, bytes);
  return bytes;
}
