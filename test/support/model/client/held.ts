import {
  cut,
  isEmptyState,
  isYoung,
  nameOf,
  nameOfElement,
  type View,
  type Wire,
  type WireEffective,
} from '../elements.js';

/**
 * Two interpretations of a point that the protocol leaves open. The literal one lets the removal of a
 * container remove all of its held contents. The lenient one keeps contents that are newer than a deletion.
 */
export type Interpretation = 'literal' | 'lenient';

const NONE: ReadonlySet<string> = new Set();

/** The contents of a device: elements, and the removals that it remembers until its synchronization ends. */
export class Held {
  readonly elements: View;
  private readonly removals: Map<string, Wire>;

  constructor(
    private readonly interpretation: Interpretation,
    from?: Held,
  ) {
    this.elements = new Map(from?.elements);
    this.removals = new Map(from?.removals);
  }

  copy(): Held {
    return new Held(this.interpretation, this);
  }

  modSeqOf(name: string): number {
    return this.elements.get(name)?.modSeq ?? 0;
  }

  /** Whether this version of an element or of its removal has arrived, or a later one. */
  hasArrived(name: string, modSeq: number): boolean {
    return Math.max(this.modSeqOf(name), this.removedAt(name)) >= modSeq;
  }

  /** The number of its remembered removal; 0: none. */
  removedAt(name: string): number {
    return this.removals.get(name)?.modSeq ?? 0;
  }

  apply(change: Wire): void {
    if (change.removed) this.remove(change);
    else this.put(change);
  }

  /**
   * Protocol, section 4: a device ignores an element with a lower `modSeq` than the held one, or than its
   * removal.
   */
  put(element: Wire): void {
    const { elements, removals } = this;
    const name = nameOfElement(element);
    if (this.modSeqOf(name) > element.modSeq) return;
    const removal = this.removalOver(element);
    if (removal) {
      // Its container was removed, so drop a held earlier version too. Do not remember this as a removal of
      // the element, since the container may come back.
      this.drop({ ...element, modSeq: removal.modSeq, removed: removal.removed as string }, NONE);
      return;
    }
    if (element.conversationId !== undefined) {
      const history = elements.get(nameOf('conversationHistory', element.conversationId));
      if (history && element.modSeq < (history.createdModSeq as number)) return;
    }
    elements.set(name, element);
    removals.delete(name);
    if (element.type !== 'conversationHistory') return;
    for (const content of this.contentsOf(element)) {
      if (content.modSeq < (element.createdModSeq as number)) elements.delete(nameOfElement(content));
    }
  }

  /**
   * @param spared names of contents that are known to live: the same request has put them into a new
   * container of that name
   */
  remove(removal: Wire, spared: ReadonlySet<string> = NONE): void {
    const { removals } = this;
    const name = nameOfElement(removal);
    if (this.modSeqOf(name) > removal.modSeq) return;
    if (this.removedAt(name) < removal.modSeq) removals.set(name, removal);
    this.drop(removal, spared);
  }

  /** Drops the element and its held contents. */
  private drop(removal: Wire, spared: ReadonlySet<string>): void {
    const { elements } = this;
    for (const content of this.contentsOf(removal)) {
      const isNewer = content.modSeq > removal.modSeq && removal.removed !== 'outOfScope';
      const name = nameOfElement(content);
      if ((!isNewer || this.interpretation === 'literal') && !spared.has(name)) elements.delete(name);
    }
    elements.delete(nameOfElement(removal));
  }

  /** All held contents of a container, at any depth. */
  contentsOf({ type, id, conversationId }: Wire): Wire[] {
    switch (type) {
      case 'folder': {
        const histories = this.those((each) => each.type === 'conversationHistory' && each.folderId === id);
        return histories.flatMap((history) => [history, ...this.contentsOf(history)]);
      }
      case 'conversationHistory':
        return this.those((each) => each.conversationId === id);
      case 'sessionHistory': {
        const messages = this.those(
          (each) =>
            each.type === 'message' && each.conversationId === conversationId && each.sessionId === id,
        );
        return messages.flatMap((message) => [message, ...this.contentsOf(message)]);
      }
      case 'message': {
        const state = this.elements.get(nameOf('messageState', id, conversationId));
        return state ? [state] : [];
      }
      default:
        return [];
    }
  }

  /**
   * Ends a synchronization and forgets the remembered removals. An element without a container was removed
   * with it, if every scope that the device received includes containers.
   */
  settle(scopes: readonly (WireEffective | undefined)[]): void {
    this.removals.clear();
    const { elements } = this;
    const isMissing = (type: string, id: string, conversationId = '') =>
      scopes.every((scope) => scope?.elementTypes.includes(type)) &&
      !elements.has(nameOf(type, id, conversationId));
    for (const [name, { type, id, conversationId }] of elements) {
      const isOrphan =
        (conversationId !== undefined && isMissing('conversationHistory', conversationId)) ||
        (type === 'messageState' && isMissing('message', id, conversationId));
      if (isOrphan) elements.delete(name);
    }
  }

  /** Protocol, section 5: a client itself prunes by `effective` and by age. */
  prune(effective: WireEffective | undefined, nowMs: number): void {
    if (!effective) return;
    const { elements } = this;
    for (const [name, element] of elements) {
      const isOld = element.type === 'message' && !isYoung(effective, element, nowMs);
      if (effective.elementTypes.includes(element.type) && !isOld) continue;
      elements.delete(name);
      // The state of a message that is too old is dropped too. Without messages in the scope, states stay on
      // their own.
      if (isOld) elements.delete(nameOf('messageState', element.id, element.conversationId));
    }
  }

  /** The elements that the application shows. */
  shown(effective: WireEffective | undefined): View {
    const shown: View = new Map();
    for (const [name, element] of this.elements) {
      if (isEmptyState(element)) continue;
      shown.set(name, element.type === 'message' ? cut(element, effective?.maxTextBytes) : element);
    }
    return shown;
  }

  private those(are: (element: Wire) => boolean): Wire[] {
    const found: Wire[] = [];
    for (const element of this.elements.values()) if (are(element)) found.push(element);
    return found;
  }

  /** The newer removal that is remembered for the element or its container. */
  private removalOver(element: Wire): Wire | undefined {
    const { removals } = this;
    if (removals.size === 0) return undefined;
    const { type, id, conversationId = '', sessionId, folderId, modSeq } = element;
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
}
