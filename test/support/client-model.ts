import {
  cut,
  holdsConversation,
  isEmptyState,
  isYoung,
  merged,
  nameOf,
  nameOfElement,
  type View,
  type Wire,
  type WireEffective,
} from './model-elements.js';

/** An operation as the user asked for it, before it has a number. */
export interface Intended {
  readonly op: string;
  readonly type: string;
  readonly id: string;
  readonly conversationId?: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly [member: string]: unknown;
}

export interface Numbered extends Intended {
  readonly n: number;
}

export interface Result {
  readonly n?: number | undefined;
  readonly status: string;
  readonly modSeq?: number | undefined;
}

export interface Request {
  readonly instanceId: string;
  readonly syncToken?: string;
  readonly operations: readonly Numbered[];
  readonly limit: number;
}

export interface Response {
  readonly results?: readonly Result[] | undefined;
  readonly changes?: readonly unknown[] | undefined;
  readonly syncToken: string;
  readonly hasMore?: boolean | undefined;
  readonly reset?: boolean | undefined;
  readonly backfill?: object | undefined;
  readonly effective?: WireEffective | undefined;
}

/** Everything that a client keeps in its local database. */
interface Kept {
  instanceId: string;
  isRegistered: boolean;
  effective: WireEffective | undefined;
  syncToken: string | undefined;
  isMidway: boolean;
  nextN: number;
  queue: Intended[];
  underWay: Numbered[]; // sent, and not answered yet
  held: View;
  removals: Map<string, Wire>;
  latest: number; // highest modSeq received since the last start
}

export type Interpretation = 'literal' | 'lenient';

/**
 * A Message Storage Client as small as sections 3, 4 and 5 of the protocol allow. Where they leave a choice there are
 * two of it: the literal one lets the removal of a container take everything that is held in it, the lenient one
 * keeps what is newer than a deletion.
 */
export class ClientModel {
  private kept: Kept;

  constructor(
    instanceId: string,
    private readonly interpretation: Interpretation,
  ) {
    this.kept = {
      instanceId,
      isRegistered: false,
      effective: undefined,
      syncToken: undefined,
      isMidway: true,
      nextN: 1,
      queue: [],
      underWay: [],
      held: new Map(),
      removals: new Map(),
      latest: 0,
    };
  }

  get instanceId(): string {
    return this.kept.instanceId;
  }

  get isRegistered(): boolean {
    return this.kept.isRegistered;
  }

  get effective(): WireEffective | undefined {
    return this.kept.effective;
  }

  get syncToken(): string | undefined {
    return this.kept.syncToken;
  }

  get held(): ReadonlyMap<string, Wire> {
    return this.kept.held;
  }

  get latest(): number {
    return this.kept.latest;
  }

  get isMidway(): boolean {
    return this.kept.isMidway;
  }

  /** Operations were sent, and it is not known what became of them. */
  get isWaiting(): boolean {
    return this.kept.underWay.length > 0;
  }

  /** Nothing is left to do: all is sent and answered, and the last synchronization has ended. */
  get isQuiet(): boolean {
    const { isRegistered, isMidway, queue, underWay } = this.kept;
    return isRegistered && !isMidway && queue.length === 0 && underWay.length === 0;
  }

  /** What the application shows: what is held, as far as it still belongs to the scope. */
  view(nowMs: number): View {
    this.prune(nowMs);
    const { held, effective } = this.kept;
    const shown: View = new Map();
    for (const [name, element] of held) {
      if (isEmptyState(element)) continue;
      shown.set(name, element.type === 'message' ? cut(element, effective?.maxTextBytes) : element);
    }
    return shown;
  }

  intend(...operations: Intended[]): void {
    this.kept.queue.push(...operations);
  }

  registered({ effective }: { effective: WireEffective }, nowMs: number): void {
    this.kept.isRegistered = true;
    this.kept.effective = effective;
    this.prune(nowMs);
  }

  /** A new local database, or one that cannot be trusted with its numbers: `n` begins anew. */
  newInstance(instanceId: string): void {
    const { underWay, queue } = this.kept;
    this.kept = {
      ...this.kept,
      instanceId,
      isRegistered: false,
      nextN: 1,
      queue: [...underWay.map(({ n: _, ...operation }) => operation as Intended), ...queue],
      underWay: [],
    };
  }

  /** The application's data was deleted, unsent operations too. */
  reinstalled(instanceId: string): void {
    this.kept = new ClientModel(instanceId, this.interpretation).kept;
  }

  useToken(syncToken: string): void {
    this.kept.syncToken = syncToken;
  }

  /** A backup of the local database, to be put back later. */
  backup(): () => void {
    const { held, removals, queue, underWay, ...rest } = this.kept;
    const copy = {
      ...rest,
      held: new Map(held),
      removals: new Map(removals),
      queue: [...queue],
      underWay: [...underWay],
    };
    return () => {
      this.kept = {
        ...copy,
        held: new Map(copy.held),
        removals: new Map(copy.removals),
        queue: [...copy.queue],
        underWay: [...copy.underWay],
      };
    };
  }

  /** The next request: an unanswered one again, with its token, perhaps with more operations; else one with the next operations. */
  request(limit: number, operationsMost: number): Request {
    const { kept } = this;
    const free = Math.max(0, operationsMost - kept.underWay.length);
    const next = kept.queue.splice(0, free).map((operation): Numbered => ({ ...operation, n: kept.nextN++ }));
    kept.underWay = [...kept.underWay, ...next];
    return {
      instanceId: kept.instanceId,
      ...(kept.syncToken !== undefined && { syncToken: kept.syncToken }),
      operations: kept.underWay,
      limit,
    };
  }

  /**
   * Stores a response in one go. @returns false where a result cannot be explained: the local database is not what the
   * server knows.
   */
  receive({ operations }: Request, response: Response, nowMs: number): boolean {
    const { kept } = this;
    const results = response.results ?? [];
    if (results.some(({ status }) => status === 'duplicate')) return false;
    if (response.reset || kept.syncToken === undefined) {
      kept.held = new Map();
      kept.removals = new Map();
      kept.latest = 0;
    }
    if (response.effective) kept.effective = response.effective;
    for (const change of (response.changes ?? []) as Wire[]) {
      kept.latest = Math.max(kept.latest, change.modSeq);
      if (change.removed) this.applyRemoval(change);
      else this.applyElement(change);
    }
    // While it is being filled it is told all of them, as they are by now.
    if (!response.backfill) this.applyOwn(operations, results);
    kept.underWay = kept.underWay.slice(results.length);
    kept.syncToken = response.syncToken;
    kept.isMidway = response.hasMore ?? false;
    if (!kept.isMidway) {
      kept.removals = new Map();
      this.dropOrphans();
    }
    this.prune(nowMs);
    return true;
  }

  private applyElement(element: Wire): void {
    const { held, removals } = this.kept;
    const name = nameOfElement(element);
    if ((held.get(name)?.modSeq ?? 0) > element.modSeq) return;
    const removal = this.removalOver(element);
    if (removal) {
      // It went into a container that is no more: where it is held as it was before, it is no more either.
      const { type, id, conversationId } = element;
      const { modSeq, removed } = removal;
      const inConversation = conversationId === undefined ? {} : { conversationId };
      this.applyRemoval({ type, id, ...inConversation, modSeq, removed: removed as string });
      return;
    }
    if (element.conversationId !== undefined) {
      const history = held.get(nameOf('conversationHistory', element.conversationId));
      if (history && element.modSeq < (history.createdModSeq as number)) return;
    }
    held.set(name, element);
    removals.delete(name);
    if (element.type !== 'conversationHistory') return;
    for (const content of this.contentsOf(element)) {
      if (content.modSeq < (element.createdModSeq as number)) held.delete(nameOfElement(content));
    }
  }

  /** The removal that is remembered of the element or of what it is in, if it is newer. */
  private removalOver(element: Wire): Wire | undefined {
    const { type, id, conversationId = '', sessionId, folderId, modSeq } = element;
    const { removals } = this.kept;
    const names = [nameOfElement(element)];
    if (type === 'conversationHistory') names.push(nameOf('folder', folderId as string));
    if (type !== 'folder' && type !== 'conversationHistory')
      names.push(nameOf('conversationHistory', conversationId));
    if (type === 'message' && sessionId !== undefined) {
      names.push(nameOf('sessionHistory', sessionId as string, conversationId));
    }
    if (type === 'messageState') names.push(nameOf('message', id, conversationId));
    return names.map((name) => removals.get(name)).find((removal) => removal && removal.modSeq > modSeq);
  }

  private applyRemoval(removal: Wire): void {
    const { held, removals } = this.kept;
    const name = nameOfElement(removal);
    if ((held.get(name)?.modSeq ?? 0) > removal.modSeq) return;
    if ((removals.get(name)?.modSeq ?? 0) < removal.modSeq) removals.set(name, removal);
    for (const content of this.contentsOf(removal)) {
      const isNewer = content.modSeq > removal.modSeq && removal.removed !== 'outOfScope';
      if (!isNewer || this.interpretation === 'literal') held.delete(nameOfElement(content));
    }
    held.delete(name);
  }

  /** Everything that is held in a container, however deep. */
  private contentsOf({ type, id, conversationId }: Wire): Wire[] {
    const all = [...this.kept.held.values()];
    switch (type) {
      case 'folder': {
        const histories = all.filter((each) => each.type === 'conversationHistory' && each.folderId === id);
        return histories.flatMap((history) => [history, ...this.contentsOf(history)]);
      }
      case 'conversationHistory':
        return all.filter((each) => each.conversationId === id);
      case 'sessionHistory': {
        const messages = all.filter(
          (each) =>
            each.type === 'message' && each.conversationId === conversationId && each.sessionId === id,
        );
        return messages.flatMap((message) => [message, ...this.contentsOf(message)]);
      }
      case 'message': {
        const state = this.kept.held.get(nameOf('messageState', id, conversationId));
        return state ? [state] : [];
      }
      default:
        return [];
    }
  }

  /** What the client did itself is not always sent to it: it knows from the results. */
  private applyOwn(operations: readonly Numbered[], results: readonly Result[]): void {
    const { held } = this.kept;
    const isTold = (name: string, modSeq: number) => (held.get(name)?.modSeq ?? 0) >= modSeq;
    const applied = operations.flatMap((operation, i) => {
      const { status, modSeq } = results[i] ?? {};
      return status === 'applied' && modSeq !== undefined ? [{ operation, modSeq }] : [];
    });
    const told = new Set(
      applied
        .flatMap(({ operation, modSeq }) => namesTouched(operation).map((name) => ({ name, modSeq })))
        .filter(({ name, modSeq }) => isTold(name, modSeq))
        .map(({ name }) => name),
    );
    for (const { operation, modSeq } of applied) {
      this.kept.latest = Math.max(this.kept.latest, modSeq);
      this.applyOperation(operation, modSeq, told);
    }
    // What was created out of the scope may have been moved into it by the next operation; what was not goes again.
    for (const { operation } of applied) {
      const created =
        operation.op === 'create' ? held.get(nameOfElement({ ...operation, modSeq: 0 } as Wire)) : undefined;
      if (created?.type === 'conversationHistory' && !this.isWanted(created)) {
        for (const content of this.contentsOf(created)) held.delete(nameOfElement(content));
        held.delete(nameOfElement(created));
      }
    }
  }

  private isWanted({ id, folderId }: Wire): boolean {
    const { effective } = this.kept;
    return effective !== undefined && holdsConversation(effective, id, folderId);
  }

  private applyOperation(operation: Numbered, modSeq: number, told: ReadonlySet<string>): void {
    const { op, type, id, conversationId, data = {}, flags } = operation;
    const own = { type, id, ...(conversationId !== undefined && { conversationId }), modSeq };
    const name = nameOfElement(own);
    if (op === 'delete') {
      if (!told.has(name)) {
        this.applyRemoval({ ...own, removed: 'deleted' });
        return;
      }
      // It has been created anew since; what it held before is gone all the same.
      for (const content of this.contentsOf(own)) {
        const contentName = nameOfElement(content);
        if (content.modSeq <= modSeq && !told.has(contentName)) this.kept.held.delete(contentName);
      }
      return;
    }
    const before = this.kept.held.get(name);
    if (op === 'create') {
      if (!told.has(name)) this.applyCreated({ ...own, ...createdData(type, data, modSeq) });
      const state = nameOf('messageState', id, conversationId);
      if (!flags || told.has(state) || !this.kept.held.has(name)) return;
      this.applyCreated({ ...own, type: 'messageState', flags: flagSet(flags as string[]) });
      return;
    }
    if (told.has(name)) return;
    if (type === 'messageState') {
      const message = this.kept.held.has(nameOf('message', id, conversationId));
      if (before || message) this.applyCreated({ ...own, ...changedState(before, data) });
      return;
    }
    if (!before) return;
    const { modSeq: _, ...attributes } = before;
    const patch = typeof data.name === 'string' ? { ...data, name: data.name.normalize('NFC') } : data;
    if ('textContent' in data) delete (attributes as { textTruncated?: true }).textTruncated;
    // Null is a place for a folder: the top of the box.
    const next = type === 'folder' ? { ...attributes, ...patch } : (merged(attributes, patch) as object);
    this.applyElement({ ...next, ...own });
  }

  /** A client does not keep what it knows to be outside of its scope. */
  private applyCreated(element: Wire): void {
    const { effective, held } = this.kept;
    if (!effective?.elementTypes.includes(element.type)) return;
    const conversationId = element.conversationId ?? element.id;
    if (element.conversationId !== undefined) {
      const isKnown = effective.elementTypes.includes('conversationHistory')
        ? held.has(nameOf('conversationHistory', conversationId))
        : !effective.excludeConversations.includes(conversationId);
      if (!isKnown) return;
    }
    this.applyElement(element);
  }

  /** A container may arrive after what names it; what has none in the end was removed with it. */
  private dropOrphans(): void {
    const { held, effective } = this.kept;
    for (const [name, { type, id, conversationId }] of held) {
      const containers = [
        ...(conversationId !== undefined ? [{ type: 'conversationHistory', id: conversationId }] : []),
        ...(type === 'messageState' ? [{ type: 'message', id, conversationId }] : []),
      ];
      const isOrphan = containers.some(
        (container) =>
          effective?.elementTypes.includes(container.type) &&
          !held.has(
            nameOf(
              container.type,
              container.id,
              'conversationId' in container ? container.conversationId : '',
            ),
          ),
      );
      if (isOrphan) held.delete(name);
    }
  }

  private prune(nowMs: number): void {
    const { held, effective } = this.kept;
    if (!effective) return;
    for (const [name, element] of held) {
      const isKept =
        effective.elementTypes.includes(element.type) &&
        (element.type !== 'message' || isYoung(effective, element, nowMs));
      if (isKept) continue;
      held.delete(name);
      // Of a message that is too old the state goes too; without messages states stay by themselves.
      if (element.type === 'message' && !isYoung(effective, element, nowMs)) {
        held.delete(nameOf('messageState', element.id, element.conversationId));
      }
    }
  }
}

const flagSet = (flags: readonly string[]): string[] => [...new Set(flags)].sort();

function namesTouched({ type, id, conversationId, flags }: Intended): string[] {
  const name = nameOf(type, id, conversationId);
  return flags ? [name, nameOf('messageState', id, conversationId)] : [name];
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
