import {
  type Change,
  type ConversationElement,
  type Element,
  isRemoval,
  type Removal,
} from '../protocol/elements/element.js';
import type { ModSeq } from '../protocol/ids.js';
import type { ElementKey, Held, StoreTransaction } from './local-store.js';

/** Elements that are no longer held. `cause`: the removal that covers them, or the end of a reset. */
export interface Dropped {
  cause: Removal | 'reset';
  elements: Element[];
}

export interface Applied {
  received: Element[]; // new here, or newer than what was held
  dropped: Dropped[];
}

/**
 * Applies changes in their order. Elements count as held, and numbers are compared, only within one generation: after
 * a reset the box may be on another timeline, where a lower modSeq can be the newer element.
 */
export async function applyChanges(
  tx: StoreTransaction,
  generation: number,
  changes: readonly Change[],
): Promise<Applied> {
  const page = new PageApplication(tx, generation);
  for (const change of changes) await page.apply(change);
  return page.applied;
}

class PageApplication {
  readonly applied: Applied = { received: [], dropped: [] };

  constructor(
    private readonly tx: StoreTransaction,
    private readonly generation: number,
  ) {}

  apply(change: Change): Promise<void> {
    return isRemoval(change) ? this.#applyRemoval(change) : this.#applyElement(change);
  }

  async #applyElement(element: Element): Promise<void> {
    const held = await this.#current(element);
    if (held && held.modSeq >= element.modSeq) return;
    const removal = await this.#removalAfter(element);
    if (removal) {
      if (isPassedOn(removal)) await this.#applyRemoval(removalLike(removal, element));
      return;
    }
    if (await this.#isOfAnEarlierLife(element)) return;

    await this.tx.put({ element, generation: this.generation });
    await this.tx.forgetRemoval(element); // it is back: in scope again, or a conversation history created anew
    this.applied.received.push(element);
    if (element.type === 'conversationHistory') await this.#dropEarlierLife(element);
  }

  /** The removal of the element or of something around it that is newer than the element. */
  async #removalAfter(element: Element): Promise<Removal | undefined> {
    for (const key of [element, ...containersOf(element)]) {
      const removal = await this.tx.removalOf(key);
      if (removal && removal.modSeq > element.modSeq) return removal;
    }
    return undefined;
  }

  async #applyRemoval(removal: Removal): Promise<void> {
    const held = await this.#current(removal);
    if (held && held.modSeq > removal.modSeq) return;
    await this.#remember(removal);
    const elements = await this.#drop(removal, removal);
    if (elements.length > 0) this.applied.dropped.push({ cause: removal, elements });
  }

  async #remember(removal: Removal): Promise<void> {
    const remembered = await this.tx.removalOf(removal);
    if (!remembered || remembered.modSeq < removal.modSeq) await this.tx.rememberRemoval(removal);
  }

  /** Drops an element and what is held in it, as far as the removal covers that. */
  async #drop(removal: Removal, key: ElementKey): Promise<Element[]> {
    const dropped: Element[] = [];
    const held = await this.tx.get(key);
    if (held) {
      await this.tx.drop(key);
      dropped.push(held.element);
    }
    for (const content of await this.#contentsOf(key)) {
      if (!this.#covers(removal, content)) continue;
      if (isPassedOn(key)) await this.#remember(removalLike(removal, content.element));
      dropped.push(...(await this.#drop(removal, content.element)));
    }
    return dropped;
  }

  async #contentsOf(key: ElementKey): Promise<Held[]> {
    const { conversationId } = key;
    switch (key.type) {
      case 'folder':
        return (await this.tx.heldIn(key)).filter(({ element }) => element.type === 'conversationHistory');
      case 'conversationHistory':
        return this.tx.heldIn(key);
      case 'sessionHistory':
        return (await this.tx.heldIn({ type: 'conversationHistory', id: conversationId ?? '' })).filter(
          ({ element }) => element.type === 'message' && element.sessionId === key.id,
        );
      case 'message': {
        const state = await this.tx.get({ ...key, type: 'messageState' });
        return state ? [state] : [];
      }
      case 'messageState':
        return [];
    }
  }

  /**
   * What left the scope leaves with all that is in it, changed later or not. What was deleted cannot have changed
   * later: newer contents are of the next life of a conversation history, which has yet to arrive.
   */
  #covers(removal: Removal, { element, generation }: Held): boolean {
    return (
      removal.removed === 'outOfScope' || generation < this.generation || element.modSeq <= removal.modSeq
    );
  }

  async #isOfAnEarlierLife(element: Element): Promise<boolean> {
    if (!('conversationId' in element)) return false;
    const conversation = await this.#current({ type: 'conversationHistory', id: element.conversationId });
    return conversation !== undefined && element.modSeq < createdModSeqOf(conversation);
  }

  async #dropEarlierLife(conversation: ConversationElement): Promise<void> {
    const dropped: Element[] = [];
    for (const { element, generation } of await this.tx.heldIn(conversation)) {
      if (generation < this.generation || element.modSeq >= conversation.createdModSeq) continue;
      await this.tx.drop(element);
      dropped.push(element);
    }
    const { type, id, createdModSeq } = conversation;
    if (dropped.length > 0) {
      const cause: Removal = { type, id, modSeq: createdModSeq, removed: 'deleted' };
      this.applied.dropped.push({ cause, elements: dropped });
    }
  }

  async #current(key: ElementKey): Promise<Element | undefined> {
    const held = await this.tx.get(key);
    return held?.generation === this.generation ? held.element : undefined;
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

/**
 * Messages do not name the folder they are in, nor states the session: a removal of these is remembered for each thing
 * directly in them, so that what comes late for that is ignored too.
 */
const isPassedOn = ({ type }: ElementKey): boolean => type === 'folder' || type === 'sessionHistory';

/** What the removal of a container means for something in it. */
function removalLike({ modSeq, removed }: Removal, element: Element): Removal {
  const { type, id } = element;
  return 'conversationId' in element
    ? { type, id, conversationId: element.conversationId, modSeq, removed }
    : { type, id, modSeq, removed };
}

const createdModSeqOf = (element: Element): ModSeq => (element as ConversationElement).createdModSeq;
