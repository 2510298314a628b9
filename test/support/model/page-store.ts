import type { Intended, Result } from './client/wire.js';
import { nameOf, nameOfElement, type Wire } from './elements.js';

const BUILT_IN = ['default', 'RCSMessageStore'];
const PATCHABLE: Readonly<Record<string, readonly string[]>> = {
  folder: ['name', 'parentFolderId'],
  conversationHistory: ['folderId', 'subject', 'participants'],
  sessionHistory: ['subject', 'participants', 'endedAt', 'groupState'],
  message: ['subject', 'textContent', 'payloadParts'],
  messageState: ['addFlags', 'removeFlags', 'dispositions'],
};

const DAY_MS = 24 * 3600 * 1000;

type Json = Readonly<Record<string, unknown>>;
interface Disposition {
  readonly participant: string;
  readonly disposition: string;
}

/**
 * A box as the protocol describes it, in the simplest way: the live elements and the names of deleted ones,
 * with every effect at once. It answers operations as a server must, without the code of the core.
 */
export class PageStore {
  private modSeq = 1;
  private readonly live = new Map<string, Wire>();
  private readonly dead = new Set<string>();
  /** Expiry times of session histories and messages, by name. Unit: ms since 1970. */
  private readonly ends = new Map<string, number>();
  /** Commit numbers from before the current request. */
  private before = new Map<string, number>();
  private nowMs = 0;

  /** @param retentionDays of the policy; undefined: elements do not expire */
  constructor(private readonly retentionDays?: number) {
    for (const id of BUILT_IN) this.put({ type: 'folder', id, modSeq: 1, name: id, parentFolderId: null });
  }

  /** Continues after commits of others. It needs only their last number. */
  goOnFrom(modSeq: number): void {
    this.modSeq = modSeq;
  }

  /** Deletes all elements that have expired by now. */
  at(nowMs: number): void {
    this.nowMs = nowMs;
    for (const [name, wire] of [...this.live])
      if ((this.ends.get(name) ?? nowMs + 1) <= nowMs) this.end(wire);
  }

  request(operations: readonly Intended[]): Result[] {
    this.before = new Map([...this.live].map(([name, { modSeq }]) => [name, modSeq]));
    const results = operations.map((operation) => this.process(operation));
    if (results.some(({ status }) => status === 'applied')) this.modSeq++;
    return results;
  }

  /** The elements of an initial synchronization. It does not send an empty state. */
  contents(): Wire[] {
    return [...this.live.values()].filter(
      ({ type, flags, dispositions }) =>
        type !== 'messageState' || (flags as string[]).length > 0 || dispositions !== undefined,
    );
  }

  private process(operation: Intended): Result {
    const { op, type, id, data = {} } = operation;
    if (type === 'messageState' && op !== 'modify') return { status: 'invalid' };
    if (op === 'modify' && Object.keys(data).some((name) => !PATCHABLE[type]?.includes(name))) {
      return { status: 'invalid' };
    }
    if (type === 'folder' && op !== 'delete' && String(data.name).includes('/')) return { status: 'invalid' };
    if (type === 'folder' && op !== 'create' && BUILT_IN.includes(id)) return { status: 'forbidden' };
    if (op === 'create') return this.create(operation);
    return this.toLive(operation) ?? (op === 'modify' ? this.modify(operation) : this.delete(operation));
  }

  /**
   * The problem that prevents changing or deleting an element: it does not exist, or it is not the expected
   * version.
   */
  private toLive({ op, type, id, conversationId, ifModSeq }: Intended): Result | undefined {
    const isOver: Result = { status: op === 'delete' ? 'unchanged' : 'gone' };
    if (conversationId !== undefined) {
      const container = nameOf('conversationHistory', conversationId);
      if (!this.live.has(container)) return this.dead.has(container) ? isOver : { status: 'parentNotFound' };
    }
    const isState = type === 'messageState';
    const holder = nameOf(isState ? 'message' : type, id, conversationId);
    if (!this.live.has(holder)) return this.dead.has(holder) ? isOver : { status: 'notFound' };
    const name = nameOf(type, id, conversationId);
    return ifModSeq === undefined || ifModSeq === this.before.get(name)
      ? undefined
      : this.showing('conflict', this.live.get(name));
  }

  private create(operation: Intended): Result {
    const { type, id, conversationId, data = {} } = operation;
    const name = nameOf(type, id, conversationId);
    const seed = operation.conversation as Json | undefined;
    const history = nameOf('conversationHistory', conversationId ?? '');
    const brings = seed !== undefined && !this.live.has(history);
    const container =
      type === 'conversationHistory'
        ? nameOf('folder', (data.folderId as string | undefined) ?? 'default')
        : type !== 'folder' && !brings
          ? history
          : undefined;
    if (type === 'conversationHistory' && this.live.has(name))
      return this.showing('exists', this.live.get(name));
    const missing = container === undefined ? undefined : this.lacking(container);
    if (missing) return missing;
    if (type === 'message' && data.sessionId !== undefined) {
      const lacking = this.lacking(nameOf('sessionHistory', data.sessionId as string, conversationId));
      if (lacking) return lacking;
    }
    if (type !== 'conversationHistory' && this.dead.has(name)) return { status: 'gone' };
    if (this.live.has(name)) return this.showing('exists', this.live.get(name));
    const modSeq = this.modSeq + 1;
    if (type === 'folder') {
      const wanted = { name: String(data.name).normalize('NFC'), parentFolderId: data.parentFolderId };
      const against = this.againstPlace(id, wanted);
      if (against) return against;
      this.put({ type, id, modSeq, ...wanted });
      return { status: 'applied', modSeq };
    }
    if (type === 'conversationHistory') this.beginHistory(id, { folderId: 'default', ...data });
    else {
      if (brings) this.beginHistory(conversationId ?? '', { folderId: 'default', ...seed });
      this.put({ type, id, modSeq, ...(conversationId !== undefined && { conversationId }), ...data });
    }
    if (type === 'message' || type === 'sessionHistory') this.keepUntil(name, operation);
    if (type === 'message') this.stateOfNew(operation);
    return { status: 'applied', modSeq };
  }

  private beginHistory(id: string, data: Json): void {
    this.before.delete(nameOf('conversationHistory', id));
    const modSeq = this.modSeq + 1;
    this.put({ type: 'conversationHistory', id, modSeq, createdModSeq: modSeq, ...data });
  }

  /** Extends the life of a session history to a day beyond that of a longer-lived message in it. */
  private keepUntil(name: string, { conversationId, data = {} }: Intended): void {
    if (this.retentionDays === undefined) return;
    const end = this.nowMs + this.retentionDays * DAY_MS;
    this.ends.set(name, end);
    const session = nameOf('sessionHistory', String(data.sessionId), conversationId);
    if (end > (this.ends.get(session) ?? end)) this.ends.set(session, end + DAY_MS);
  }

  private stateOfNew({ id, conversationId = '', data = {}, flags = [] }: Intended): void {
    if ((flags as string[]).length > 0) this.flag(id, conversationId, flags as string[], []);
    const answered = data.inReplyToMessageId;
    if (typeof answered !== 'string' || answered === id) return;
    if (this.live.has(nameOf('message', answered, conversationId))) {
      this.flag(answered, conversationId, ['\\Answered'], []);
    }
  }

  /** @returns whether the flags changed */
  private flag(
    id: string,
    conversationId: string,
    add: readonly string[],
    remove: readonly string[],
    reports: readonly Disposition[] = [],
  ): boolean {
    const name = nameOf('messageState', id, conversationId);
    const held = this.live.get(name);
    const flags = new Set((held?.flags ?? []) as string[]);
    for (const flag of add) flags.add(flag);
    for (const flag of remove) flags.delete(flag);
    const dispositions = [...((held?.dispositions ?? []) as Disposition[])];
    for (const report of reports) {
      const isSame = ({ participant, disposition }: Disposition) =>
        participant === report.participant && disposition === report.disposition;
      if (!dispositions.some(isSame)) dispositions.push(report);
    }
    const next = {
      flags: [...flags].sort(),
      ...(dispositions.length > 0 && { dispositions }),
    };
    const was = {
      flags: held?.flags ?? [],
      ...(held?.dispositions !== undefined && { dispositions: held.dispositions }),
    };
    if (JSON.stringify(next) === JSON.stringify(was)) return false;
    this.put({ type: 'messageState', id, modSeq: this.modSeq + 1, conversationId, ...next });
    return true;
  }

  private modify(operation: Intended): Result {
    const { type, id, conversationId, data = {} } = operation;
    const modSeq = this.modSeq + 1;
    if (type === 'messageState') {
      const { addFlags = [], removeFlags = [], dispositions = [] } = data as Record<string, never[]>;
      const isChanged = this.flag(id, conversationId ?? '', addFlags, removeFlags, dispositions);
      return isChanged ? { status: 'applied', modSeq } : { status: 'unchanged' };
    }
    const held = this.live.get(nameOf(type, id, conversationId)) as Wire;
    const next: Record<string, unknown> = { ...held };
    for (const [name, value] of Object.entries(data)) {
      const isRemoved = value === null && name !== 'parentFolderId';
      if (isRemoved) delete next[name];
      else if (name === 'groupState') next[name] = { ...(held[name] as object), ...(value as object) };
      else next[name] = name === 'name' ? String(value).normalize('NFC') : value;
    }
    if (next.groupState && Object.keys(next.groupState).length < 4) return { status: 'invalid' };
    const keys = new Set([...Object.keys(held), ...Object.keys(next)]);
    if ([...keys].every((key) => JSON.stringify(held[key]) === JSON.stringify(next[key]))) {
      return { status: 'unchanged' };
    }
    const against =
      type === 'folder'
        ? this.againstPlace(id, next as { name: string; parentFolderId: string | null })
        : type === 'conversationHistory'
          ? this.lacking(nameOf('folder', next.folderId as string))
          : undefined;
    if (against) return against;
    this.put({ ...(next as unknown as Wire), modSeq });
    return { status: 'applied', modSeq };
  }

  private delete({ type, id, conversationId }: Intended): Result {
    const all = [...this.live.values()];
    if (type === 'folder') {
      if (all.some(({ parentFolderId }) => parentFolderId === id)) return { status: 'forbidden' };
      for (const each of all.filter(({ folderId }) => folderId === id)) this.end(each);
    }
    this.end(this.live.get(nameOf(type, id, conversationId)) as Wire);
    return { status: 'applied', modSeq: this.modSeq + 1 };
  }

  private end(wire: Wire): void {
    this.live.delete(nameOfElement(wire));
    this.dead.add(nameOfElement(wire));
    const { type, id, conversationId } = wire;
    for (const each of [...this.live.values()]) {
      const isHeld =
        (type === 'conversationHistory' && each.conversationId === id) ||
        (each.conversationId === conversationId &&
          ((type === 'sessionHistory' && each.sessionId === id) ||
            (type === 'message' && each.type === 'messageState' && each.id === id)));
      if (isHeld) this.end(each);
    }
  }

  private againstPlace(id: string, { name, parentFolderId }: Json): Result | undefined {
    for (let above = parentFolderId; typeof above === 'string'; ) {
      if (above === id) return { status: 'invalid' };
      const lacking = this.lacking(nameOf('folder', above));
      if (lacking) return lacking;
      above = this.live.get(nameOf('folder', above))?.parentFolderId;
    }
    const sibling = [...this.live.values()].find(
      (each) =>
        each.type === 'folder' &&
        each.id !== id &&
        each.name === name &&
        each.parentFolderId === parentFolderId,
    );
    return sibling && this.showing('exists', sibling);
  }

  private lacking(container: string): Result | undefined {
    if (this.live.has(container)) return undefined;
    return { status: this.dead.has(container) ? 'gone' : 'parentNotFound' };
  }

  private showing(status: string, current: Wire | undefined): Result {
    const isShort = current && Buffer.byteLength(JSON.stringify(current)) <= 2048;
    return { status, ...(isShort && { current }) };
  }

  private put(wire: Wire): void {
    this.live.set(nameOfElement(wire), wire);
    this.dead.delete(nameOfElement(wire));
  }
}
