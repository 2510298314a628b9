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

/** Elements that are no longer held. `cause`: the removal that covers them, the end of a reset, a narrower scope or age. */
export interface Dropped {
  cause: Removal | 'reset' | 'scope';
  elements: Element[];
}

export interface Applied {
  received: Element[]; // new here, or newer than what was held
  dropped: Dropped[];
}

/**
 * Applies changes to what is confirmed, in their order. Elements count as held, and numbers are compared, only within
 * one generation: after a reset the box may be on another timeline, where a lower modSeq can be the newer element.
 */
export class ChangeApplier {
  readonly applied: Applied = { received: [], dropped: [] };

  constructor(
    private readonly view: LocalView,
    private readonly generation: number,
    /** Types that this device holds; all where it is not known yet. */
    private readonly types: readonly ElementType[] = ELEMENT_TYPES,
  ) {}

  async apply(changes: readonly Change[]): Promise<void> {
    for (const change of changes) {
      if (isRemoval(change)) await this.#applyRemoval(change);
      else await this.#applyElement(change);
    }
  }

  /** Whether an element, or its removal, of this modSeq or a later one has arrived. */
  async hasArrived(key: ElementKey, modSeq: number): Promise<boolean> {
    const [held, removal] = [await this.current(key), await this.view.removalOf(key)];
    return Math.max(held?.modSeq ?? 0, removal?.modSeq ?? 0) >= modSeq;
  }

  async current(key: ElementKey): Promise<Element | undefined> {
    const held = await this.view.get(key);
    return held?.generation === this.generation ? held.element : undefined;
  }

  /** Drops what is neither covered by a removal nor sent again: `elements` are no longer held because of `cause`. */
  async drop(cause: Dropped['cause'], elements: readonly Element[]): Promise<void> {
    for (const element of elements) await this.view.drop(element);
    if (elements.length > 0) this.applied.dropped.push({ cause, elements: [...elements] });
  }

  /** At the end of a synchronization: a container may arrive after what names it, and what has none was removed with it. */
  async dropOrphans(): Promise<void> {
    for await (const [key, value] of entriesBelow(this.view.tx, 'O')) {
      await this.view.tx.delete(key);
      const held = await this.view.get(value as ElementKey);
      if (held && (await this.#lacksContainer(held.element))) await this.drop('scope', [held.element]);
    }
  }

  async #applyElement(element: Element): Promise<void> {
    const held = await this.current(element);
    // Of one modSeq may be what the client made of its own operation, and what the server sends of it.
    if (held && (held.modSeq > element.modSeq || isSameJson(held, element))) return;
    const removal = await this.#removalAfter(element);
    // It went into a container that is no more: where it is held as it was before, it is no more either. That is not
    // remembered as a removal of its own, since the container may come back.
    if (removal) return this.#take(removal, element);
    if (await this.#isOfAnEarlierLife(element)) return;

    const { view, generation } = this;
    await view.put({ element, generation });
    await view.forgetRemoval(element); // it is back: in scope again, or a conversation history created anew
    this.applied.received.push(element);
    if (element.type === 'conversationHistory') await this.#dropEarlierLife(element, held);
    else await this.noteOrphan(element);
  }

  /** The removal of the element or of something around it that is newer than the element. */
  async #removalAfter(element: Element): Promise<Removal | undefined> {
    for (const key of [element, ...containersOf(element)]) {
      const removal = await this.view.removalOf(key);
      if (removal && removal.modSeq > element.modSeq) return removal;
    }
    return undefined;
  }

  /**
   * What this device has deleted itself: the element, unless it has been told already what became of it, and what is held
   * in it. `isAlive`: what it has put into a new life of it, and has been told.
   */
  async applyOwnDeletion(
    removal: Removal,
    { isTold, isAlive }: { isTold: boolean; isAlive: (content: Element) => boolean },
  ): Promise<void> {
    if (!isTold) return this.#applyRemoval(removal, isAlive);
    for await (const content of this.view.contentsOf(removal, confirmed)) {
      if (!isAlive(content) && (await this.#covers(removal, content)))
        await this.#take(removal, content, isAlive);
    }
  }

  async #applyRemoval(removal: Removal, isAlive?: (content: Element) => boolean): Promise<void> {
    const held = await this.current(removal);
    if (held && held.modSeq > removal.modSeq) return;
    const remembered = await this.view.removalOf(removal);
    if (!remembered || remembered.modSeq < removal.modSeq) await this.view.rememberRemoval(removal);
    await this.#take(removal, removal, isAlive);
  }

  /** Drops an element and what is held in it, as far as the removal covers that. */
  async #take(removal: Removal, key: ElementKey, isAlive = (_: Element): boolean => false): Promise<void> {
    const elements: Element[] = [];
    const take = async (each: ElementKey) => {
      const held = await this.view.get(each);
      if (held) {
        await this.view.drop(each);
        elements.push(held.element);
      }
      for await (const content of this.view.contentsOf(each, confirmed)) {
        if (!isAlive(content) && (await this.#covers(removal, content))) await take(content);
        else await this.noteOrphan(content);
      }
    };
    await take(key);
    if (elements.length > 0) this.applied.dropped.push({ cause: removal, elements });
  }

  /**
   * What left the scope leaves with all that is in it, changed later or not. What was deleted cannot have changed
   * later: newer contents are of the next life of a conversation history, which has yet to arrive.
   */
  async #covers(removal: Removal, content: Element): Promise<boolean> {
    if (removal.removed === 'outOfScope' || content.modSeq <= removal.modSeq) return true;
    return (await this.current(content)) === undefined;
  }

  async #isOfAnEarlierLife(element: Element): Promise<boolean> {
    if (!('conversationId' in element)) return false;
    const conversation = await this.current({ type: 'conversationHistory', id: element.conversationId });
    return conversation !== undefined && element.modSeq < createdModSeqOf(conversation);
  }

  async #dropEarlierLife(conversation: ConversationElement, held: Element | undefined): Promise<void> {
    const { type, id, createdModSeq } = conversation;
    if (held && createdModSeqOf(held) === createdModSeq) return;
    const dropped: Element[] = [];
    for await (const content of this.view.contentsOf(conversation, confirmed)) {
      if (content.modSeq < createdModSeq && (await this.current(content))) dropped.push(content);
    }
    await this.drop({ type, id, modSeq: createdModSeq, removed: 'deleted' }, dropped);
  }

  /** Looks again at the end of the synchronization for what this element is in. */
  async noteOrphan(element: Element): Promise<void> {
    if (await this.#lacksContainer(element))
      await this.view.tx.put(orphanKey(element), elementKeyOf(element));
  }

  /** Without its conversation history, or a state without its message, nothing is held for long. */
  async #lacksContainer(element: Element): Promise<boolean> {
    for (const container of containersOf(element)) {
      const isRoot = container.type === 'conversationHistory' || container.type === 'message';
      if (isRoot && this.types.includes(container.type) && !(await this.current(container))) return true;
    }
    return false;
  }
}

/** Everything an element is in, as far as its own attributes say it. */
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
