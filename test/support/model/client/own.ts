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
 * What the client did itself is not always sent to it: it knows from the results.
 * @param changes of the same response, which have been applied: what they tell of came after it, and may have gone with its container
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
  const isTold = (name: string, modSeq: number) =>
    held.isTold(name, modSeq) ||
    changes.some((change) => nameOfElement(change) === name && change.modSeq >= modSeq);
  const told = new Set(
    applied
      .flatMap(({ operation, modSeq }) => namesTouched(operation).map((name) => ({ name, modSeq })))
      .filter(({ name, modSeq }) => isTold(name, modSeq))
      .map(({ name }) => name),
  );
  for (const [i, { operation, modSeq }] of applied.entries()) {
    const later = applied.slice(i + 1).map((each) => each.operation);
    new Own(held, effective, told).apply(withoutDetour(operation, later), modSeq);
  }
  // What was created out of the scope may have been moved into it by the next operation; what was not goes again.
  for (const { operation } of applied) {
    if (operation.op !== 'create' || operation.type !== 'conversationHistory') continue;
    const created = held.elements.get(nameOf(operation.type, operation.id));
    if (!created || (effective && holdsConversation(effective, created.id, created.folderId))) continue;
    for (const content of held.contentsOf(created)) held.elements.delete(nameOfElement(content));
    held.elements.delete(nameOfElement(created));
  }
}

/** All of a request is done at once: what it moves on was never where it moved it first, which may be gone by now. */
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
    private readonly told: ReadonlySet<string>, // what the response itself says of what was done
  ) {}

  apply({ op, type, id, conversationId, data = {}, flags }: Numbered, modSeq: number): void {
    const own = { type, id, ...(conversationId !== undefined && { conversationId }), modSeq };
    if (op === 'delete') this.delete(own);
    else if (op === 'create') this.create(own, data, flags as string[] | undefined);
    else this.modify(own, data);
  }

  private delete(own: Wire): void {
    const { held, told } = this;
    if (!told.has(nameOfElement(own))) {
      held.remove({ ...own, removed: 'deleted' }, told);
      return;
    }
    // It has been created anew since; what it held before is gone all the same.
    for (const content of held.contentsOf(own)) {
      const name = nameOfElement(content);
      if (content.modSeq <= own.modSeq && !told.has(name)) held.elements.delete(name);
    }
  }

  private create(
    own: Wire,
    data: Readonly<Record<string, unknown>>,
    flags: readonly string[] | undefined,
  ): void {
    const { held, told } = this;
    const name = nameOfElement(own);
    if (!told.has(name)) this.keep({ ...own, ...createdData(own.type, data, own.modSeq) });
    if (!flags || told.has(nameOf('messageState', own.id, own.conversationId)) || !held.elements.has(name))
      return;
    this.keep({ ...own, type: 'messageState', flags: flagSet(flags) });
  }

  private modify(own: Wire, data: Readonly<Record<string, unknown>>): void {
    const { held } = this;
    const name = nameOfElement(own);
    if (this.told.has(name)) return;
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
    // Null is a place for a folder: the top of the box.
    const next = own.type === 'folder' ? { ...attributes, ...patch } : (merged(attributes, patch) as object);
    held.put({ ...next, ...own });
  }

  /** A client does not keep what it knows to be outside of its scope. */
  private keep(element: Wire): void {
    const { effective, held } = this;
    if (!effective?.elementTypes.includes(element.type)) return;
    const { conversationId } = element;
    if (conversationId !== undefined) {
      const isKnown = effective.elementTypes.includes('conversationHistory')
        ? held.elements.has(nameOf('conversationHistory', conversationId))
        : // The removal of what it is in was told after it, though both may be of one commit.
          !effective.excludeConversations.includes(conversationId) &&
          held.removedAt(nameOf('conversationHistory', conversationId)) < element.modSeq;
      if (!isKnown) return;
    }
    held.put(element);
  }
}

const flagSet = (flags: readonly string[]): string[] => [...new Set(flags)].sort();

/** What an operation changes, also by implication: a reply sets a flag of what it replies to. */
function namesTouched({ type, id, conversationId, data, flags }: Intended): string[] {
  const state = (of: string) => nameOf('messageState', of, conversationId);
  const repliedTo = type === 'message' ? data?.inReplyToMessageId : undefined;
  return [
    nameOf(type, id, conversationId),
    ...(flags ? [state(id)] : []),
    ...(typeof repliedTo === 'string' ? [state(repliedTo)] : []),
  ];
}

/** What the server adds to what was asked for, by sections 2 and 3. */
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
