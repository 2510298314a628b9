import type { StoredItem } from '../../../core/model/stored-item.js';
import type { Wire } from './elements.js';

type StoredElement = Exclude<Extract<StoredItem, { data: object }>, { kind: 'body' }>;

const isElement = (item: StoredItem): item is StoredElement =>
  ['folder', 'conversationHistory', 'sessionHistory', 'message'].includes(item.kind);

// Items of the store in memory never change, so each is written down once.
const wires = new WeakMap<StoredItem, readonly Wire[]>();

/** Everything that a box has in store, dead or alive, as elements go over the wire; without what has passed its time. */
export const elementsIn = (items: readonly StoredItem[], nowMs = 0): readonly Wire[] =>
  items.flatMap((item) =>
    isElement(item) && (item.expiresAtMs ?? Number.POSITIVE_INFINITY) > nowMs ? wiresOf(item) : [],
  );

/** Without contents that were written before the life that their conversation history leads, whatever their numbers say. */
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

/** When the next element passes its time. */
export const nextExpiry = (items: readonly StoredItem[], nowMs: number): number =>
  items.reduce(
    (next, item) =>
      isElement(item) && item.expiresAtMs !== undefined && item.expiresAtMs > nowMs
        ? Math.min(next, item.expiresAtMs)
        : next,
    Number.POSITIVE_INFINITY,
  );

/** Bytes of the JSON of all of them. */
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
