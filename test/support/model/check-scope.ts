import { changesIn, type Request, type Response } from './client/wire.js';
import type { Device } from './device.js';
import { scopeIn } from './effective.js';
import {
  canonical,
  cut,
  holdsConversation,
  isSame,
  isYoung,
  nameOf,
  nameOfElement,
  type Wire,
  type WireEffective,
} from './elements.js';
import { type Stage, Violation } from './stage.js';

/** The state of the box at the time of a device's request. */
export interface Asking {
  readonly atMs: number;
  readonly modSeq: number;
  readonly timeline: number;
  readonly effective: string | undefined;
  /**
   * Time of the first request whose state this answer may show. This is a request of the current
   * synchronization, or of the last finished one.
   */
  readonly since: number;
}

/** Records the state of the box at the time of a request. */
export function asking(stage: Stage, { deviceId, complete }: Device, { syncToken }: Request): Asking {
  const { modSeq, timeline } = stage.ledger;
  const effective = stage.effectiveOf(deviceId);
  const isOn = syncToken !== undefined && complete?.timeline === timeline;
  const since = isOn ? complete.modSeq : 0;
  return {
    atMs: stage.time.now(),
    // A commit in progress may or may not be visible to the request.
    modSeq: stage.store.isSettled ? modSeq : since,
    timeline,
    effective: stage.policiesUnderWay > 0 || !effective ? undefined : canonical(effective),
    since,
  };
}

/**
 * Protocol, section 5: an answer holds only elements that were in the scope of the device at a time that the
 * answer may reflect.
 */
export function checkNothingLeaks(stage: Stage, { deviceId }: Device, asked: Asking, answer: Response): void {
  const effective = stage.effectiveOf(deviceId);
  if (!effective || stage.policiesUnderWay > 0 || canonical(effective) !== asked.effective) return;
  if (stage.ledger.timeline !== asked.timeline) return;
  if (answer.effective && canonical(scopeIn(answer.effective)) !== asked.effective) {
    throw new Violation(`${deviceId} received ${canonical(answer.effective)}, expected ${asked.effective}`);
  }
  const leaks = (change: Wire): string | undefined => {
    const { type, conversationId } = change;
    if (!effective.elementTypes.includes(type)) return 'its type';
    if (type === 'folder') return undefined;
    const id = conversationId ?? change.id;
    const folders = stage.placements.since(id, asked.since);
    if (!folders.some((folderId) => holdsConversation(effective, id, folderId)))
      return 'its conversation history';
    if (type !== 'message') return undefined;
    if (!isYoung(effective, change, asked.atMs)) return 'its age';
    return cut(change, effective.maxTextBytes) === change ? undefined : 'its length';
  };
  for (const change of changesIn(answer)) {
    const leak = change.removed === undefined ? leaks(change) : undefined;
    if (leak)
      throw new Violation(
        `${deviceId} received ${canonical(change)}, which is out of ${asked.effective} by ${leak}`,
      );
  }
}

/**
 * Protocol, section 5: an element that stays in scope is not sent again. The device held it, unchanged, at
 * the end of its last synchronization. Two changes of its scope in between may make the server unsure.
 */
export function checkNothingTwice(stage: Stage, device: Device, request: Request, answer: Response): void {
  const { complete, model, deviceId } = device;
  if (!complete || complete.scopeChanges > 1 || answer.reset || request.syncToken === undefined) return;
  if (complete.timeline !== stage.ledger.timeline) return;
  const named = new Set(
    request.operations
      .filter((_, i) => ['exists', 'conflict'].includes(answer.results?.[i]?.status ?? ''))
      .map(({ type, id, conversationId }) => nameOf(type, id, conversationId)),
  );
  if (complete.scopeChanges > 0) stage.hit('told the difference of two scopes');
  for (const change of changesIn(answer)) {
    const name = nameOfElement(change);
    const then = complete.held.get(name);
    if (change.removed !== undefined || change.modSeq > complete.modSeq) continue;
    if (!then || then !== model.held.get(name) || !isSame(then, change)) continue;
    // The device holds its own messages uncut, which the server cannot know.
    const isShown = cut(then, complete.effective.maxTextBytes) === then;
    // The device had to prune it by age, and a wider scope brings it back.
    const message = complete.held.get(nameOf('message', change.id, change.conversationId));
    if (message && !isYoung(complete.effective, message, stage.time.now())) continue;
    if (!message && change.type === 'messageState' && !isAgeless(complete.effective)) continue;
    const id = change.conversationId ?? change.id;
    const isPlaced = stage.placements.since(id, complete.modSeq).length > 1;
    // A create that finds an existing folder of that name returns it, in the changes if it is large.
    if (!isShown || named.has(name) || (change.type === 'folder' && named.size > 0)) continue;
    if (change.type !== 'folder' && isPlaced) continue;
    throw new Violation(
      `${deviceId} received an element again that it holds, ${canonical(change)}, with ${complete.scopeChanges} changes of its scope ${canonical(complete.effective)} since commit ${complete.modSeq}`,
    );
  }
}

const isAgeless = ({ maxMessageAgeDays }: WireEffective): boolean =>
  Object.keys(maxMessageAgeDays).length === 0;
