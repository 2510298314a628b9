import {
  holdsConversation,
  merged,
  nameOf,
  nameOfElement,
  type Wire,
  type WireEffective,
} from '../elements.js';
import type { Held } from './held.js';
import type { Intended, Numbered, Result } from './wire.js';

/**
 * Applies a client's own operations from their results, because the server does not always send these changes
 * back.
 * @param changes of the same response, already applied. They are later than the operations, and may have
 * removed an element with its container.
 */
export function applyOwn(
  held: Held,
  effective: WireEffective | undefined,
  operations: readonly Numbered[],
  results: readonly Result[],
  changes: readonly Wire[],
): void {
  const applied = operations.flatMap((operation, i) => {
    const { status, modSeq } = results[i] ?? {};
    return status === 'applied' && modSeq !== undefined ? [{ operation, modSeq }] : [];
  });
  if (applied.length === 0) return;
  const hasArrived = (name: string, modSeq: number) =>
    held.hasArrived(name, modSeq) ||
    changes.some((change) => nameOfElement(change) === name && change.modSeq >= modSeq);
  const arrived = new Set(
    applied
      .flatMap(({ operation, modSeq }) => namesTouched(operation).map((name) => ({ name, modSeq })))
      .filter(({ name, modSeq }) => hasArrived(name, modSeq))
      .map(({ name }) => name),
  );
  for (const [i, { operation, modSeq }] of applied.entries()) {
    const later = applied.slice(i + 1).map((each) => each.operation);
    new Own(held, effective, arrived).apply(withoutDetour(operation, later), modSeq);
  }
  // An element created out of the scope may have been moved into it by the next operation. Otherwise it is
  // dropped again.
  for (const { operation } of applied) {
    if (operation.op !== 'create' || operation.type !== 'conversationHistory') continue;
    const created = held.elements.get(nameOf(operation.type, operation.id));
    if (!created || (effective && holdsConversation(effective, created.id, created.folderId))) continue;
    for (const content of held.contentsOf(created)) held.elements.delete(nameOfElement(content));
    held.elements.delete(nameOfElement(created));
  }
}

/**
 * All operations of a request take effect together. The first target of an element that is moved twice was
 * never its place, and may not exist by now.
 */
function withoutDetour(operation: Numbered, later: readonly Numbered[]): Numbered {
  const { op, type, id, data } = operation;
  const isMovedOn = later.some(
    (each) =>
      each.op === 'modify' && each.type === type && each.id === id && each.data?.folderId !== undefined,
  );
  if (op !== 'modify' || type !== 'conversationHistory' || !isMovedOn) return operation;
  const { folderId: _, ...rest } = data ?? {};
  return { ...operation, data: rest };
}

class Own {
  constructor(
    private readonly held: Held,
    private readonly effective: WireEffective | undefined,
    private readonly arrived: ReadonlySet<string>, // names whose own change the response itself contains
  ) {}

  apply({ op, type, id, conversationId, data = {}, flags }: Numbered, modSeq: number): void {
    const own = { type, id, ...(conversationId !== undefined && { conversationId }), modSeq };
    if (op === 'delete') this.delete(own);
    else if (op === 'create') this.create(own, data, flags as string[] | undefined);
    else this.modify(own, data);
  }

  private delete(own: Wire): void {
    const { held, arrived } = this;
    if (!arrived.has(nameOfElement(own))) {
      held.remove({ ...own, removed: 'deleted' }, arrived);
      return;
    }
    // The container was created again since. Its previous contents are deleted all the same.
    for (const content of held.contentsOf(own)) {
      const name = nameOfElement(content);
      if (content.modSeq <= own.modSeq && !arrived.has(name)) held.elements.delete(name);
    }
  }

  private create(
    own: Wire,
    data: Readonly<Record<string, unknown>>,
    flags: readonly string[] | undefined,
  ): void {
    const { held, arrived } = this;
    const name = nameOfElement(own);
    if (!arrived.has(name)) this.keep({ ...own, ...createdData(own.type, data, own.modSeq) });
    if (!flags || arrived.has(nameOf('messageState', own.id, own.conversationId)) || !held.elements.has(name))
      return;
    this.keep({ ...own, type: 'messageState', flags: flagSet(flags) });
  }

  private modify(own: Wire, data: Readonly<Record<string, unknown>>): void {
    const { held } = this;
    const name = nameOfElement(own);
    if (this.arrived.has(name)) return;
    const before = held.elements.get(name);
    if (own.type === 'messageState') {
      const hasMessage = held.elements.has(nameOf('message', own.id, own.conversationId));
      if (before || hasMessage) this.keep({ ...own, ...changedState(before, data) });
      return;
    }
    if (!before) return;
    const { modSeq: _, ...attributes } = before;
    const patch = typeof data.name === 'string' ? { ...data, name: data.name.normalize('NFC') } : data;
    if ('textContent' in data) delete (attributes as { textTruncated?: true }).textTruncated;
    // For a folder, null is a valid parent: the top of the box.
    const next = own.type === 'folder' ? { ...attributes, ...patch } : (merged(attributes, patch) as object);
    held.put({ ...next, ...own });
  }

  /** Keeps an element only if the client does not know it to be outside of its scope. */
  private keep(element: Wire): void {
    const { effective, held } = this;
    if (!effective?.elementTypes.includes(element.type)) return;
    const { conversationId } = element;
    if (conversationId !== undefined) {
      const isKnown = effective.elementTypes.includes('conversationHistory')
        ? held.elements.has(nameOf('conversationHistory', conversationId))
        : // The removal of its container is the later change, though both may be of one commit.
          !effective.excludeConversations.includes(conversationId) &&
          held.removedAt(nameOf('conversationHistory', conversationId)) < element.modSeq;
      if (!isKnown) return;
    }
    held.put(element);
  }
}

const flagSet = (flags: readonly string[]): string[] => [...new Set(flags)].sort();

/**
 * Names of the elements that an operation changes, also by implication: a reply sets a flag of the message
 * that it answers.
 */
function namesTouched({ type, id, conversationId, data, flags }: Intended): string[] {
  const state = (of: string) => nameOf('messageState', of, conversationId);
  const repliedTo = type === 'message' ? data?.inReplyToMessageId : undefined;
  return [
    nameOf(type, id, conversationId),
    ...(flags ? [state(id)] : []),
    ...(typeof repliedTo === 'string' ? [state(repliedTo)] : []),
  ];
}

/** The attributes that the server adds to a created element, by sections 2 and 3. */
function createdData(type: string, data: Readonly<Record<string, unknown>>, modSeq: number): object {
  if (type === 'folder') return { ...data, name: (data.name as string).normalize('NFC') };
  if (type === 'conversationHistory') return { folderId: 'default', ...data, createdModSeq: modSeq };
  return data;
}

interface Reported {
  readonly participant: string;
  readonly disposition: string;
}

function changedState(before: Wire | undefined, patch: Readonly<Record<string, unknown>>): object {
  const {
    addFlags = [],
    removeFlags = [],
    dispositions: added = [],
  } = patch as {
    addFlags?: string[];
    removeFlags?: string[];
    dispositions?: Reported[];
  };
  const flags = flagSet([...((before?.flags as string[]) ?? []), ...addFlags]);
  const dispositions = [...((before?.dispositions as Reported[]) ?? [])];
  for (const each of added) {
    const isKnown = dispositions.some(
      ({ participant, disposition }) => participant === each.participant && disposition === each.disposition,
    );
    if (!isKnown) dispositions.push(each);
  }
  return {
    flags: flags.filter((flag) => !removeFlags.includes(flag)),
    ...(dispositions.length > 0 && { dispositions }),
  };
}
