import type { Element, MessageStateElement } from '../../protocol/elements/element.js';
import { ELEMENT_TYPES, hasOwnItem, isExpiringType } from '../../protocol/elements/element-types.js';
import type { FolderId, ModSeq, SessionId } from '../../protocol/ids.js';
import type { ExpiringElement, StoredElement, StoredMessage } from './items.js';
import type { StoredItem } from './stored-item.js';

const STORED_TYPES: ReadonlySet<string> = new Set(ELEMENT_TYPES.filter(hasOwnItem));

/** Whether an item holds a live element. */
export const isElement = (item: StoredItem): item is StoredElement => STORED_TYPES.has(item.kind);

/** Whether an item holds an element that expires by the policy of the box. */
export const isExpiring = (item: StoredItem): item is ExpiringElement =>
  isElement(item) && isExpiringType(item.kind);

/** The container that an element names in its attributes and is purged with, beside its conversation history. */
export function containerIdOf(element: StoredElement): FolderId | SessionId | undefined {
  switch (element.kind) {
    case 'folder':
    case 'sessionHistory':
      return undefined;
    case 'conversationHistory':
      return element.data.folderId;
    case 'message':
      return element.data.sessionId;
    default:
      element satisfies never;
      return undefined;
  }
}

/** The wire form of a stored element. That of a message has no state, which is an element of its own. */
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

/** The wire form of the state of a message; undefined where no state was ever stored. */
export function stateElementOf(item: StoredMessage): MessageStateElement | undefined {
  if (!item.state) return undefined;
  const { modSeq, flags, dispositions } = item.state;
  return {
    type: 'messageState',
    id: item.id,
    modSeq: modSeq as ModSeq,
    conversationId: item.conversationId,
    flags: [...flags], // even if empty, since devices must get the change that removed the last flag
    ...(dispositions.length > 0 && { dispositions: [...dispositions] }),
  };
}

/** Size that an item adds to its box: its element, and the state of a message. Unit: bytes of JSON. */
export function elementBytes(item: StoredElement): number {
  const state = item.kind === 'message' ? stateElementOf(item) : undefined;
  const content =
    item.kind === 'message' && item.bodyBytes !== undefined ? item.bodyBytes : jsonBytes(elementOf(item));
  return content + (state ? jsonBytes(state) : 0);
}

const known = new WeakMap<object, number>();

/**
 * Size of an element as the protocol counts it. Unit: bytes of its JSON. Computed once for each object, since a page needs
 * it more than once. Objects must not be changed afterwards.
 */
export function jsonBytes(value: object): number {
  const bytes = known.get(value) ?? Buffer.byteLength(JSON.stringify(value));
  known.set(value, bytes);
  return bytes;
}
