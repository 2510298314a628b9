import type { StoredItem } from '../../core/store/items.js';
import {
  cut,
  holdsConversation,
  isEmptyState,
  isYoung,
  nameOfElement,
  type View,
  type Wire,
  type WireEffective,
} from './model-elements.js';

/**
 * What a device has to hold, computed from what is true of the box and from the protocol alone: what lives in
 * containers that live, as far as the device's scope goes. Whether the dead have been cleared away makes no difference.
 */
export function scopeOfBox(truth: readonly StoredItem[], effective: WireEffective, nowMs: number): View {
  const view: View = new Map();
  for (const element of living(truth)) {
    if (isInScope(element, effective, nowMs)) {
      const { wire } = element;
      const shown = wire.type === 'message' ? cut(wire, effective.maxTextBytes) : wire;
      view.set(nameOfElement(shown), shown);
    }
  }
  return view;
}

/** A live element with what decides whether it is in a scope. */
interface Living {
  readonly wire: Wire;
  readonly folderId?: string; // of its conversation history
  readonly message?: Readonly<Record<string, unknown>>;
}

export function living(truth: readonly StoredItem[]): Living[] {
  const all: Living[] = [];
  const folders = new Set<string>();
  const histories = new Map<string, { folderId: string; createdModSeq: number }>();
  const sessions = new Set<string>();
  const sessionName = (conversationId: string, id: string) => `${conversationId}\n${id}`;

  for (const item of truth) {
    if (item.kind !== 'folder') continue;
    folders.add(item.id);
    all.push({ wire: wireOf(item) });
  }
  for (const item of truth) {
    if (item.kind !== 'conversationHistory' || !folders.has(item.data.folderId)) continue;
    histories.set(item.id, item.data);
    all.push({ wire: wireOf(item), folderId: item.data.folderId });
  }
  for (const item of truth) {
    if (item.kind !== 'sessionHistory') continue;
    const history = histories.get(item.conversationId);
    if (!history || item.modSeq < history.createdModSeq) continue;
    sessions.add(sessionName(item.conversationId, item.id));
    all.push({ wire: wireOf(item), folderId: history.folderId });
  }
  for (const item of truth) {
    if (item.kind !== 'message') continue;
    const { conversationId, modSeq, data: message } = item;
    const history = histories.get(conversationId);
    if (!history || modSeq < history.createdModSeq) continue;
    const { sessionId } = message;
    if (sessionId !== undefined && !sessions.has(sessionName(conversationId, sessionId))) continue;
    const { folderId } = history;
    all.push({ wire: wireOf(item), folderId, message });
    const state = stateWireOf(item);
    if (state && !isEmptyState(state)) all.push({ wire: state, folderId, message });
  }
  return all;
}

/** Bytes of the JSON of all elements that were not cleared away, live or dead. */
export function bytesHeld(truth: readonly StoredItem[]): number {
  const wires = truth.flatMap((item): (Wire | undefined)[] =>
    'data' in item ? [wireOf(item), item.kind === 'message' ? stateWireOf(item) : undefined] : [],
  );
  return wires.reduce((sum, wire) => sum + (wire ? Buffer.byteLength(JSON.stringify(wire)) : 0), 0);
}

type StoredElement = Extract<StoredItem, { data: object }>;
type StoredMessage = Extract<StoredItem, { kind: 'message' }>;

// Items of the torn store never change, so each is written down once.
const wires = new WeakMap<StoredItem, Wire>();
const stateWires = new WeakMap<StoredItem, Wire>();

function wireOf(item: StoredElement): Wire {
  const known = wires.get(item);
  if (known) return known;
  const { kind: type, id, modSeq, data } = item;
  const conversation = 'conversationId' in item ? { conversationId: item.conversationId } : {};
  const wire = { type, id, modSeq, ...conversation, ...data };
  wires.set(item, wire);
  return wire;
}

function stateWireOf(item: StoredMessage): Wire | undefined {
  const { id, conversationId, state } = item;
  const known = stateWires.get(item);
  if (known || !state) return known;
  const { modSeq, flags, dispositions } = state;
  const reported = dispositions.length > 0 ? { dispositions } : {};
  const wire = { type: 'messageState', id, conversationId, modSeq, flags, ...reported };
  stateWires.set(item, wire);
  return wire;
}

function isInScope({ wire, folderId, message }: Living, effective: WireEffective, nowMs: number): boolean {
  if (!effective.elementTypes.includes(wire.type)) return false;
  if (wire.type === 'folder') return true;
  if (!holdsConversation(effective, wire.conversationId ?? wire.id, folderId)) return false;
  return message === undefined || isYoung(effective, message, nowMs);
}
