import type { StoredItem } from '../../../core/model/stored-item.js';
import type { Wire } from './elements.js';

type StoredElement = Exclude<Extract<StoredItem, { data: object }>, { kind: 'body' }>;

const isElement = (item: StoredItem): item is StoredElement =>
  ['folder', 'conversationHistory', 'sessionHistory', 'message'].includes(item.kind);

// Items of the store in memory never change, so each is converted only once.
const wires = new WeakMap<StoredItem, readonly Wire[]>();

/** All stored elements of a box, live or deleted, in their wire form. Expired ones are left out. */
export const elementsIn = (items: readonly StoredItem[], nowMs = 0): readonly Wire[] =>
  items.flatMap((item) =>
    isElement(item) && (item.expiresAtMs ?? Number.POSITIVE_INFINITY) > nowMs ? wiresOf(item) : [],
  );

/** Leaves out contents from before the current life of their conversation history, whatever their numbers. */
export function ofThisLife(items: readonly StoredItem[]): readonly StoredItem[] {
  const begun = new Map(
    items.flatMap((item) =>
      item.kind === 'conversationHistory' ? [[item.id, item.createdVersion ?? 0]] : [],
    ),
  );
  return items.filter(
    (item) =>
      !isElement(item) ||
      !('conversationId' in item) ||
      item.version >= (begun.get(item.conversationId) ?? 0),
  );
}

/** The time of the next expiry of an element. */
export const nextExpiry = (items: readonly StoredItem[], nowMs: number): number =>
  items.reduce(
    (next, item) =>
      isElement(item) && item.expiresAtMs !== undefined && item.expiresAtMs > nowMs
        ? Math.min(next, item.expiresAtMs)
        : next,
    Number.POSITIVE_INFINITY,
  );

/** Size of the JSON of all items. Unit: bytes. */
export const bytesHeld = (items: readonly StoredItem[]): number =>
  elementsIn(items).reduce((sum, wire) => sum + Buffer.byteLength(JSON.stringify(wire)), 0);

function wiresOf(item: StoredElement): readonly Wire[] {
  const known = wires.get(item);
  if (known) return known;
  const { kind: type, id, modSeq, data } = item;
  const inConversation = 'conversationId' in item ? { conversationId: item.conversationId } : {};
  const element: Wire = { type, id, modSeq, ...inConversation, ...data };
  const state = item.kind === 'message' ? item.state : undefined;
  const all = state
    ? [
        element,
        {
          type: 'messageState',
          id,
          ...inConversation,
          modSeq: state.modSeq,
          flags: state.flags,
          ...(state.dispositions.length > 0 && { dispositions: state.dispositions }),
        },
      ]
    : [element];
  wires.set(item, all);
  return all;
}
