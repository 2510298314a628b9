import type { Entry } from '../../../client/stores/local-store.js';
import { ELEMENT_TYPE_TABLE, ELEMENT_TYPES } from '../../../protocol/elements/element-types.js';
import { isEqual, merged, nameOf, nameOfElement, type View, type Wire } from '../model/elements.js';

interface Queued {
  operation: {
    op: string;
    type: string;
    id: string;
    conversationId?: string;
    data?: Record<string, unknown>;
    flags?: string[];
    conversation?: object;
  };
  answered?: { modSeq?: number };
}
interface Slot {
  confirmed?: Wire;
  optimistic?: Wire | null;
}

const ROWS: ReadonlySet<string> = new Set(Object.values(ELEMENT_TYPE_TABLE).map(({ key }) => key));
const TYPES: readonly string[] = ELEMENT_TYPES;

/** The two layers of a store: confirmed elements and shown elements. */
export function layersOf(entries: readonly Entry[]): { confirmed: View; shown: View; queue: Queued[] } {
  const [confirmed, shown]: [View, View] = [new Map(), new Map()];
  const queue: Queued[] = [];
  for (const [key, value] of entries) {
    if (key.startsWith('P\n')) queue.push(value as Queued);
    if (!ROWS.has(key.slice(0, 1))) continue;
    for (const type of TYPES) {
      const slot = (value as Record<string, Slot>)[type];
      if (slot?.confirmed) confirmed.set(nameOfElement(slot.confirmed), slot.confirmed);
      const seen = slot?.optimistic === undefined ? slot?.confirmed : slot.optimistic;
      if (seen) shown.set(nameOfElement(seen), seen);
    }
  }
  return { confirmed, shown, queue };
}

/** The expected view: the confirmed elements with each operation of the queue applied in turn, written naively. */
export function expectedView(confirmed: View, queue: readonly Queued[]): View {
  const view: View = new Map(confirmed);
  for (const { operation, answered } of queue) {
    const { op, type, id, conversationId, data = {}, flags, conversation } = operation;
    const own = { type, id, ...(conversationId !== undefined && { conversationId }) };
    const name = nameOf(type, id, conversationId);
    const isKnown = (of: string) => (confirmed.get(of)?.modSeq ?? 0) >= (answered?.modSeq ?? Infinity);
    const set = (of: string, element: object | undefined) => {
      if (isKnown(of)) return;
      if (element) view.set(of, { modSeq: view.get(of)?.modSeq ?? 0, ...element } as Wire);
      else view.delete(of);
    };
    const flag = (messageId: string, added: readonly string[]) => {
      const of = nameOf('messageState', messageId, conversationId);
      const before = view.get(of);
      const all = [...new Set([...((before?.flags as string[]) ?? []), ...added])].sort();
      set(of, { ...before, ...own, type: 'messageState', id: messageId, flags: all });
    };
    const before = view.get(name);
    if (op === 'delete') {
      for (const content of contentsOf(view, { ...own, modSeq: 0 })) set(nameOfElement(content), undefined);
      if (before) set(name, undefined);
    } else if (op === 'create') {
      if (before) continue;
      set(name, {
        ...(type === 'conversationHistory' && { folderId: 'default' }),
        ...data,
        ...(type === 'conversationHistory' && { createdModSeq: 0 }),
        ...own,
      });
      if (type !== 'message') continue;
      const history = nameOf('conversationHistory', conversationId as string);
      if (conversation && !view.has(history)) {
        const root = {
          type: 'conversationHistory',
          id: conversationId,
          folderId: 'default',
          createdModSeq: 0,
        };
        set(history, { ...root, ...conversation });
      }
      if (flags && flags.length > 0) flag(id, flags);
      const replied = data.inReplyToMessageId as string | undefined;
      if (replied !== undefined && replied !== id && view.has(nameOf('message', replied, conversationId)))
        flag(replied, ['\\Answered']);
    } else if (type === 'messageState') {
      if (before || view.has(nameOf('message', id, conversationId))) set(name, stateAfter(before, own, data));
    } else if (before) {
      const { textTruncated, ...rest } = before;
      const kept = 'textContent' in data ? rest : before;
      set(name, type === 'folder' ? { ...kept, ...data } : (merged(kept, data) as object));
    }
  }
  return view;
}

function stateAfter(before: Wire | undefined, own: object, data: Record<string, unknown>): object {
  const { addFlags = [], removeFlags = [], dispositions = [] } = data as Record<string, string[]>;
  const flags = [...new Set([...((before?.flags as string[]) ?? []), ...addFlags])].sort();
  const reports = [...((before?.dispositions as object[]) ?? [])] as Record<string, string>[];
  for (const report of dispositions as unknown as Record<string, string>[]) {
    const same = (each: Record<string, string>) =>
      each.participant === report.participant && each.disposition === report.disposition;
    if (!reports.some(same)) reports.push(report);
  }
  return {
    ...(before && { modSeq: before.modSeq }),
    ...own,
    flags: flags.filter((each) => !removeFlags.includes(each)),
    ...(reports.length > 0 && { dispositions: reports }),
  };
}

function contentsOf(view: View, { type, id, conversationId }: Wire): Wire[] {
  const all = [...view.values()];
  if (type === 'folder') {
    const histories = all.filter((each) => each.type === 'conversationHistory' && each.folderId === id);
    return histories.flatMap((history) => [...contentsOf(view, history), history]);
  }
  if (type === 'conversationHistory') return all.filter((each) => each.conversationId === id);
  if (type === 'sessionHistory') {
    const messages = all.filter(
      (each) => each.type === 'message' && each.conversationId === conversationId && each.sessionId === id,
    );
    return messages.flatMap((message) => [...contentsOf(view, message), message]);
  }
  const state = type === 'message' ? view.get(nameOf('messageState', id, conversationId)) : undefined;
  return state ? [state] : [];
}

/** The differences of two views. */
export function differences(expected: View, actual: View): string[] {
  const found: string[] = [];
  for (const [name, element] of expected) {
    const held = actual.get(name);
    if (!held) found.push(`misses ${JSON.stringify(element)}`);
    else if (!isEqual(held, element))
      found.push(`holds  ${JSON.stringify(held)}\n  for    ${JSON.stringify(element)}`);
  }
  for (const [name, element] of actual)
    if (!expected.has(name)) found.push(`holds too much: ${JSON.stringify(element)}`);
  return found;
}
