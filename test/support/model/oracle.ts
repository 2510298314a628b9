import {
  cut,
  holdsConversation,
  isEmptyState,
  isYoung,
  nameOf,
  nameOfElement,
  type View,
  type Wire,
  type WireEffective,
} from './elements.js';

/** A live element with the facts that decide whether it is in a scope. */
export interface Living {
  readonly wire: Wire;
  readonly folderId?: string; // of its conversation history
  readonly message?: Wire; // the message itself, or the message of a state
}

/**
 * The live elements among all stored ones: those in live containers, and not from an earlier life of their
 * conversation history. Elements of deleted containers do not count, purged or not.
 */
export function livingOf(stored: readonly Wire[]): readonly Living[] {
  const byType = (type: string) => stored.filter((wire) => wire.type === type);
  const folders = byType('folder');
  const folderIds = new Set(folders.map(({ id }) => id));
  const histories = new Map(
    byType('conversationHistory')
      .filter(({ folderId }) => folderIds.has(folderId as string))
      .map((history) => [history.id, history]),
  );
  /** The live conversation history of an element. */
  const historyOf = ({ conversationId = '', modSeq }: Wire): Wire | undefined => {
    const history = histories.get(conversationId);
    return history && modSeq >= (history.createdModSeq as number) ? history : undefined;
  };
  const all: Living[] = folders.map((wire) => ({ wire }));
  for (const wire of histories.values()) all.push({ wire, folderId: wire.folderId as string });
  const sessions = new Set<string>();
  for (const wire of byType('sessionHistory')) {
    const history = historyOf(wire);
    if (!history) continue;
    sessions.add(nameOfElement(wire));
    all.push({ wire, folderId: history.folderId as string });
  }
  const messages = new Map<string, Living>();
  for (const wire of byType('message')) {
    const history = historyOf(wire);
    const { sessionId, conversationId } = wire;
    if (!history) continue;
    if (
      sessionId !== undefined &&
      !sessions.has(nameOf('sessionHistory', sessionId as string, conversationId))
    )
      continue;
    const message = { wire, folderId: history.folderId as string, message: wire };
    messages.set(nameOfElement(wire), message);
    all.push(message);
  }
  for (const wire of byType('messageState')) {
    const message = messages.get(nameOf('message', wire.id, wire.conversationId));
    if (message && !isEmptyState(wire)) all.push({ ...message, wire });
  }
  return all;
}

/** The expected contents of a device: the live elements in its scope, as they appear there. */
export function scopeOfBox(living: readonly Living[], effective: WireEffective, nowMs: number): View {
  const view: View = new Map();
  for (const element of living) {
    if (!isInScope(element, effective, nowMs)) continue;
    const { wire } = element;
    view.set(nameOfElement(wire), wire.type === 'message' ? cut(wire, effective.maxTextBytes) : wire);
  }
  return view;
}

/**
 * States that a device without messages may still hold. It cannot determine their age, and receives no
 * changes of them.
 */
export function statesKept(living: readonly Living[], effective: WireEffective): ReadonlySet<string> {
  const { elementTypes } = effective;
  if (elementTypes.includes('message') || !elementTypes.includes('messageState')) return new Set();
  const whatever = { ...effective, elementTypes: ['messageState'], maxMessageAgeDays: {} };
  return new Set(scopeOfBox(living, whatever, 0).keys());
}

function isInScope({ wire, folderId, message }: Living, effective: WireEffective, nowMs: number): boolean {
  if (!effective.elementTypes.includes(wire.type)) return false;
  if (wire.type === 'folder') return true;
  if (!holdsConversation(effective, wire.conversationId ?? wire.id, folderId)) return false;
  return message === undefined || isYoung(effective, message, nowMs);
}
