import {
  type Change,
  type ConversationElement,
  ELEMENT_TYPES,
  type Element,
  type ElementType,
  isRemoval,
  type Removal,
} from '../../protocol/elements/element.js';
import { isSameJson } from '../../protocol/json.js';
import { type ElementKey, elementKeyOf, entriesBelow, orphanKey } from './keys.js';
import { confirmed, type LocalView } from './local-view.js';

/** Elements that this device no longer holds. `cause`: a removal that covers them, the end of a reset, or the scope. */
export interface Dropped {
  cause: Removal | 'reset' | 'scope';
  elements: Element[];
}

/** The effect of a page of changes on this device. */
export interface Applied {
  received: Element[]; // new, or newer than before
  dropped: Dropped[];
}

/**
 * Applies changes to the confirmed elements, in their order. It compares modSeqs only within one generation: after a reset
 * the box may be on another timeline, where an element with a lower modSeq can be newer.
 */
export class ChangeApplier {
  readonly applied: Applied = { received: [], dropped: [] };

  readonly #view: LocalView;
  readonly #generation: number;
  readonly #types: readonly ElementType[];

  /** @param types of elements that this device holds. Default: all, before the scope is known. */
  constructor(view: LocalView, generation: number, types: readonly ElementType[] = ELEMENT_TYPES) {
    this.#view = view;
    this.#generation = generation;
    this.#types = types;
  }

  async apply(changes: readonly Change[]): Promise<void> {
    for (const change of changes) {
      if (isRemoval(change)) await this.#applyRemoval(change);
      else await this.#applyElement(change);
    }
  }

  /** Whether this element or its removal has arrived with this modSeq or a later one. */
  async hasArrived(key: ElementKey, modSeq: number): Promise<boolean> {
    const [held, removal] = [await this.current(key), await this.#view.removalOf(key)];
    return Math.max(held?.modSeq ?? 0, removal?.modSeq ?? 0) >= modSeq;
  }

  /** The confirmed element of this generation. */
  async current(key: ElementKey): Promise<Element | undefined> {
    const held = await this.#view.get(key);
    return held?.generation === this.#generation ? held.element : undefined;
  }

  /** Drops elements that no removal of the server covers. */
  async drop(cause: Dropped['cause'], elements: readonly Element[]): Promise<void> {
    for (const element of elements) await this.#view.drop(element);
    if (elements.length > 0) this.applied.dropped.push({ cause, elements: [...elements] });
  }

  /**
   * Drops elements without a container. It runs at the end of a synchronization, because a container may arrive after its
   * contents. Contents without one were removed with it.
   */
  async dropOrphans(): Promise<void> {
    for await (const [key, value] of entriesBelow(this.#view.tx, 'O')) {
      await this.#view.tx.delete(key);
      const held = await this.#view.get(value as ElementKey);
      if (held && (await this.#lacksContainer(held.element))) await this.drop('scope', [held.element]);
    }
  }

  async #applyElement(element: Element): Promise<void> {
    const held = await this.current(element);
    // The client's own result of an operation and the element that the server sends can have the same modSeq.
    if (held && (held.modSeq > element.modSeq || isSameJson(held, element))) return;
    const removal = await this.#removalAfter(element);
    // Its container was removed: drop our copy too, without remembering a removal (the container may return).
    if (removal) return this.#dropWithContents(removal, element);
    if (await this.#isOfEarlierLife(element)) return;

    await this.#view.put({ element, generation: this.#generation });
    await this.#view.forgetRemoval(element); // it returned to the scope, or was created again
    this.applied.received.push(element);
    if (element.type === 'conversationHistory') await this.#dropEarlierLife(element, held);
    else await this.noteOrphan(element);
  }

  /** A removal of the element or of one of its containers that is newer than the element. */
  async #removalAfter(element: Element): Promise<Removal | undefined> {
    for (const key of [element, ...containersOf(element)]) {
      const removal = await this.#view.removalOf(key);
      if (removal && removal.modSeq > element.modSeq) return removal;
    }
    return undefined;
  }

  /**
   * Applies a deletion by this device to the element and its contents. `hasArrived`: the server has already sent the element
   * or its removal. `isAlive`: contents that arrived from a later life of the element, which must stay.
   */
  async applyOwnDeletion(
    removal: Removal,
    { hasArrived, isAlive }: { hasArrived: boolean; isAlive: (content: Element) => boolean },
  ): Promise<void> {
    if (!hasArrived) return this.#applyRemoval(removal, isAlive);
    for await (const content of this.#view.contentsOf(removal, confirmed)) {
      if (!isAlive(content) && (await this.#covers(removal, content)))
        await this.#dropWithContents(removal, content, isAlive);
    }
  }

  async #applyRemoval(removal: Removal, isAlive?: (content: Element) => boolean): Promise<void> {
    const held = await this.current(removal);
    if (held && held.modSeq > removal.modSeq) return;
    const remembered = await this.#view.removalOf(removal);
    if (!remembered || remembered.modSeq < removal.modSeq) await this.#view.rememberRemoval(removal);
    await this.#dropWithContents(removal, removal, isAlive);
  }

  /** Drops an element and those of its contents that the removal covers. */
  async #dropWithContents(
    removal: Removal,
    key: ElementKey,
    isAlive = (_: Element): boolean => false,
  ): Promise<void> {
    const elements: Element[] = [];
    const drop = async (each: ElementKey) => {
      const held = await this.#view.get(each);
      if (held) {
        await this.#view.drop(each);
        elements.push(held.element);
      }
      for await (const content of this.#view.contentsOf(each, confirmed)) {
        if (!isAlive(content) && (await this.#covers(removal, content))) await drop(content);
        else await this.noteOrphan(content);
      }
    };
    await drop(key);
    if (elements.length > 0) this.applied.dropped.push({ cause: removal, elements });
  }

  /**
   * A container leaves the scope with all its contents, whenever they changed. A deleted container covers older contents
   * only: newer ones belong to the next life of the conversation history, which has not arrived yet.
   */
  async #covers(removal: Removal, content: Element): Promise<boolean> {
    if (removal.removed === 'outOfScope' || content.modSeq <= removal.modSeq) return true;
    return (await this.current(content)) === undefined;
  }

  async #isOfEarlierLife(element: Element): Promise<boolean> {
    if (!('conversationId' in element)) return false;
    const conversation = await this.current({ type: 'conversationHistory', id: element.conversationId });
    return conversation !== undefined && element.modSeq < createdModSeqOf(conversation);
  }

  async #dropEarlierLife(conversation: ConversationElement, held: Element | undefined): Promise<void> {
    const { type, id, createdModSeq } = conversation;
    if (held && createdModSeqOf(held) === createdModSeq) return;
    const dropped: Element[] = [];
    for await (const content of this.#view.contentsOf(conversation, confirmed)) {
      if (content.modSeq < createdModSeq && (await this.current(content))) dropped.push(content);
    }
    await this.drop({ type, id, modSeq: createdModSeq, removed: 'deleted' }, dropped);
  }

  /** Notes an element without a container, so that `dropOrphans` checks it again. */
  async noteOrphan(element: Element): Promise<void> {
    if (await this.#lacksContainer(element))
      await this.#view.tx.put(orphanKey(element), elementKeyOf(element));
  }

  /** Whether the device should hold the conversation history or message around an element, but does not. */
  async #lacksContainer(element: Element): Promise<boolean> {
    for (const container of containersOf(element)) {
      const isRoot = container.type === 'conversationHistory' || container.type === 'message';
      if (isRoot && this.#types.includes(container.type) && !(await this.current(container))) return true;
    }
    return false;
  }
}

/** The containers that the attributes of an element name. */
function containersOf(element: Element): ElementKey[] {
  if (element.type === 'folder') return [];
  if (element.type === 'conversationHistory') return [{ type: 'folder', id: element.folderId }];
  const { conversationId, id } = element;
  const containers: ElementKey[] = [{ type: 'conversationHistory', id: conversationId }];
  if (element.type === 'message' && element.sessionId)
    containers.push({ type: 'sessionHistory', id: element.sessionId, conversationId });
  if (element.type === 'messageState') containers.push({ type: 'message', id, conversationId });
  return containers;
}

const createdModSeqOf = (element: Element): number => (element as ConversationElement).createdModSeq;
