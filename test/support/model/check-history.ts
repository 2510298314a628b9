import {
  canonical,
  holdsConversation,
  isSame,
  isYoung,
  nameOf,
  nameOfElement,
  type Wire,
} from './elements.js';
import type { Living } from './oracle.js';
import { type Stage, Violation } from './stage.js';

export interface HistoryAsked {
  readonly deviceId: string;
  readonly conversationId: string;
  readonly before: string | undefined;
  readonly limit: number;
}

export interface HistoryAnswer {
  readonly elements: readonly Wire[];
  readonly next?: string | undefined;
}

type Elements = ReadonlyMap<string, Wire>;

/**
 * Protocol, section 4, history on demand. Checks only the certain part of an answer: the elements that are
 * the same at the time of the request and of the answer. @returns the check of the answer.
 */
export function checkHistory(
  stage: Stage,
  asked: HistoryAsked,
): (answer: HistoryAnswer | 'not-found') => void {
  const { deviceId, conversationId, before, limit } = asked;
  const { ledger, store } = stage;
  const { timeline, modSeq } = ledger;
  const isCertain = store.isSettled && stage.policiesUnderWay === 0;
  const then = elementsOf(stage.alive, conversationId);
  const effective = stage.effectiveOf(deviceId);
  const history = nameOf('conversationHistory', conversationId);
  const placed = stage.placements.timesOf(conversationId);
  const isFound = (elements: Elements): boolean => {
    const conversation = elements.get(history);
    return (
      !!effective && !!conversation && holdsConversation(effective, conversationId, conversation.folderId)
    );
  };
  return (answer) => {
    const fail = (what: string): never => {
      throw new Violation(`the history of ${canonical(asked)} ${what}: ${canonical(answer)}`);
    };
    const now = elementsOf(stage.alive, conversationId);
    if (!isCertain || stage.policiesUnderWay > 0 || ledger.timeline !== timeline) return;
    if (canonical(stage.effectiveOf(deviceId)) !== canonical(effective)) return;
    const isSteady =
      isSame(then.get(history), now.get(history)) && placed === stage.placements.timesOf(conversationId);
    if (isSteady && effective && isFound(now) !== (answer !== 'not-found')) fail('is or is not there');
    if (answer === 'not-found') return;
    const messages = answer.elements.filter(({ type }) => type === 'message');
    const ids = messages.map(({ id }) => id);
    if (ids.some((id, i) => i > 0 && isAtMost(ids[i - 1] as string, id))) fail('is not in order');
    if (before !== undefined && ids.some((id) => isAtMost(before, id))) fail('starts too late');
    if (messages.length > limit) fail('is longer than requested');
    if (answer.next !== undefined && answer.next !== ids.at(-1)) fail('continues at another message');
    for (const [i, element] of answer.elements.entries()) {
      const name = nameOfElement(element);
      const isKnown = isSame(element, then.get(name)) || isSame(element, now.get(name));
      const isEmpty = element.type === 'messageState' && !then.has(name) && !now.has(name);
      if (!isKnown && !isEmpty && element.modSeq <= modSeq && !stage.isFading(element))
        fail(`has ${canonical(element)}`);
      if (element.type === 'messageState' && answer.elements[i - 1]?.id !== element.id)
        fail('has a lone state');
      if (effective && element.type === 'message' && !isYoung(effective, element, stage.time.now()))
        stage.hit('history older than the scope');
    }
    const received = new Map(answer.elements.map((element) => [nameOfElement(element), element]));
    for (const [name, element] of then) {
      const { type, id } = element;
      if (type !== 'message' && type !== 'messageState') continue;
      if (!isSteady || !isSame(element, now.get(name))) continue;
      const isAsked = before === undefined || !isAtMost(before, id);
      const isReached = answer.next === undefined || isAtMost(answer.next, id);
      if (isAsked && isReached && !isSame(received.get(name), element)) fail(`lacks ${canonical(element)}`);
    }
  };
}

const elementsOf = (alive: readonly Living[], conversationId: string): Elements =>
  new Map(
    alive
      .filter(({ wire }) => (wire.conversationId ?? wire.id) === conversationId && wire.type !== 'folder')
      .map(({ wire }) => [nameOfElement(wire), wire]),
  );

/** Ids sort by their bytes in UTF-8. */
const isAtMost = (a: string, b: string): boolean => Buffer.compare(Buffer.from(a), Buffer.from(b)) <= 0;
