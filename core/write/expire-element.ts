import type { ElementType } from '../../protocol/elements/element.js';
import { latestVersionOf } from '../model/effects.js';
import { hasExpired } from '../model/expiry.js';
import type { ExpiringElement, StoredSession, Tombstone } from '../model/items.js';
import { isOfEarlierLife, isOfSameLife, isSameTime, lastOf } from '../model/liveness.js';
import { tombstoneOf, withoutPurged } from '../model/tombstone.js';
import type { UnitOfWork } from './unit-of-work.js';

/** The item that replaces an expired element, and the elements that devices are notified of. */
interface Replacement {
  readonly item: ExpiringElement | Tombstone;
  readonly types: readonly ElementType[];
}

/**
 * Records that the database has removed an element after its time: a tombstone replaces it, and devices get an `expired`
 * row, unless its conversation history was deleted before it expired. If another element has the key by now, the expired
 * one is subtracted from the counts, and the row replaces it on devices that still hold it. An element is counted once:
 * later calls do nothing. A late projection may have put the expired element itself under the key again.
 */
export async function expireElement(work: UnitOfWork, removed: ExpiringElement): Promise<void> {
  const read = await work.read(removed.sk);
  const last = await work.readWithExpired(removed.sk);
  const same = isOfSameLife(removed, last) ? last : undefined;
  if (same && !hasExpired(same, work.nowMs)) return; // it got a later expiry time
  const was = same ? lastOf(removed, same) : removed;
  const other = same === undefined && read?.kind !== 'stateAlone' ? read : undefined;
  const found = other ?? tombstoneOf(was, work.version, work.nowMs);
  if (found.kind !== 'tombstone' && found.kind !== was.kind) return;
  // The item is written again, so its whole content is needed.
  const current = found.kind === 'message' ? await work.whole(found) : (found as Tombstone | StoredSession);
  // Skip an element of a past that a restore has undone: the box has not reached it, or has passed it.
  const version = latestVersionOf(removed);
  if (version >= work.version) return;
  if (other && (isSameTime(current.countedExpiryMs, was.expiresAtMs) || latestVersionOf(current) <= version))
    return;
  const { item, types } = await replacementOf(work, was, current, other !== undefined);
  const replacing = {
    ...withoutPurged(item),
    version: work.version,
    ...(was.expiresAtMs !== undefined && { countedExpiryMs: was.expiresAtMs }),
  };
  work.replaceExpired(was, replacing, other, types);
}

async function replacementOf(
  work: UnitOfWork,
  was: ExpiringElement,
  current: ExpiringElement | Tombstone,
  isOther: boolean,
): Promise<Replacement> {
  // A purge may be replacing the element without an entry. Writing the element again would undo that.
  if (current.kind !== 'tombstone' && (await isGoneWithContainer(work, current)))
    return { item: tombstoneOf(current, work.version, work.nowMs), types: [] };
  if (await wasGoneBefore(work, was)) return { item: current, types: [] };
  return isOther ? replacedByOther(work, was, current) : { item: current, types: [was.kind] };
}

async function isGoneWithContainer(work: UnitOfWork, element: ExpiringElement): Promise<boolean> {
  const conversation = await work.conversation(element.conversationId);
  return conversation === undefined || conversation === 'gone' || work.isGoneFrom(conversation, element);
}

async function wasGoneBefore(work: UnitOfWork, was: ExpiringElement): Promise<boolean> {
  const conversation = await work.conversation(was.conversationId);
  return conversation === undefined || conversation === 'gone' || isOfEarlierLife(conversation, was);
}

/**
 * Rule: when an expired id was reused, devices must end up with the new element only. No row says that the old one expired,
 * so the new one has to replace it. Its higher number does that, except in two cases. If only the old one had a state, the
 * new one gets an empty state. If the new one is of another age, a device may hold the old one and not get the new
 * one. Then the row of this commit ends the old one there. An element that has expired by now is sent with its own removal.
 */
function replacedByOther(
  { modSeq, nowMs }: UnitOfWork,
  was: ExpiringElement,
  current: ExpiringElement | Tombstone,
): Replacement {
  if (current.kind !== 'message' || was.kind !== 'message') return { item: current, types: [] };
  if (hasExpired(current, nowMs)) return { item: current, types: [] };
  const isOfAnotherAge =
    was.data.date !== current.data.date || was.data.messageContext !== current.data.messageContext;
  const lacksState = was.state !== undefined && current.state === undefined;
  return {
    item: {
      ...current,
      ...(isOfAnotherAge && { modSeq }),
      ...(lacksState && { state: { modSeq, flags: [], dispositions: [] } }),
    },
    types: [
      ...(isOfAnotherAge ? (['message'] as const) : []),
      ...(lacksState ? (['messageState'] as const) : []),
    ],
  };
}
