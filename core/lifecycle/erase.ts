import { readEnd } from '../log/tail.js';
import { entryVersion } from '../model/effects.js';
import type { BoxId } from '../model/items.js';
import { ANCHOR_KEY, entryKey } from '../model/keys.js';
import { SyncProblem } from '../model/sync-problem.js';
import type { Core } from '../ports/core.js';
import type { EraseMessage } from '../ports/erase-queue.js';
import { type EraseMarker, putEraseMarker } from './erase-marker.js';
import { removeDevices } from './remove-devices.js';

/** What the order itself does is done by then. */
const FIRST_DELAY_SECONDS = 1;
const DELAY_MAX_SECONDS = 900;
const PIECES_PER_MESSAGE = 50; // then the rest goes through the queue again, so that no invocation takes too long
const PIECE_MAX = 100; // items

/**
 * Orders a box to be erased. When this returns, everybody is told that it is being erased, and its devices are unknown
 * and disconnected. Ordered once more, it is pushed on. First the message, then the mark: whoever gets the message marks
 * the box too, so that a crash in between erases it all the same.
 * @throws SyncProblem `not-found` where there is no box, `busy` when others were writing each time.
 */
export async function startErasing(core: Core, box: BoxId): Promise<void> {
  const epoch = (await readEnd(core, box))?.head.epoch;
  if (epoch === undefined) throw new SyncProblem('not-found', { detail: 'there is no such box' });
  await core.eraseQueue.send({ box, epoch }, FIRST_DELAY_SECONDS);
  const mark = await putEraseMarker(core, { box, epoch });
  if (mark === 'gone') return;
  await removeDevices(core, box, mark);
  core.observe('erasingOrdered', { box, elements: mark.erasing.elements });
}

/**
 * Erases a box in pieces: devices, items, tickets; the anchor and the mark last, once everything that was on its way before
 * the mark has surely arrived. It may be stopped at any point and begun again, and several may be at it. Items are removed
 * only where they are not newer than the mark: one who comes late removes nothing of a box that was made anew meanwhile.
 * @param settleSeconds longer than any function runs: no write that began before the mark arrives later
 * @throws Error when it could not go on: the message is to come again.
 */
export async function erase(core: Core, message: EraseMessage, settleSeconds: number): Promise<void> {
  const { box } = message;
  const mark = await putEraseMarker(core, message);
  if (mark === 'gone') return;
  const settledAtMs = mark.atMs + settleSeconds * 1000;
  const beganAtMs = core.clock.now();
  await removeDevices(core, box, mark);
  const { removed, isEmpty } = await removePieces(core, box, mark);
  const seconds = Math.round((core.clock.now() - mark.atMs) / 1000);
  core.observe('erasedItems', { box, items: removed, elements: mark.erasing.elements, seconds });
  if (!isEmpty) return core.eraseQueue.send(message, 0);
  const restMs = settledAtMs - beganAtMs;
  if (restMs > 0) {
    return core.eraseQueue.send(message, Math.min(DELAY_MAX_SECONDS, Math.ceil(restMs / 1000)));
  }
  // The anchor first: without it the mark still says that the box is being erased.
  await core.store.remove(box, [ANCHOR_KEY], entryVersion(mark));
  await core.store.remove(box, [entryKey(mark.index)], entryVersion(mark));
  core.observe('erased', { box, seconds });
}

async function removePieces(
  core: Core,
  box: BoxId,
  mark: EraseMarker,
): Promise<{ removed: number; isEmpty: boolean }> {
  const kept = new Set([ANCHOR_KEY, entryKey(mark.index)]);
  let removed = 0;
  let after: string | undefined;
  for (let piece = 0; piece < PIECES_PER_MESSAGE; piece++) {
    const { keys, more } = await core.store.keys(box, PIECE_MAX, after);
    const dead = keys.filter((key) => !kept.has(key));
    await core.store.remove(box, dead, entryVersion(mark));
    removed += dead.length;
    after = keys.at(-1);
    if (!more || after === undefined)
      return { removed: removed + (await removeTickets(core, box)), isEmpty: true };
  }
  return { removed, isEmpty: false };
}

async function removeTickets(core: Core, box: BoxId): Promise<number> {
  for (let removed = 0; ; ) {
    const count = await core.registry.removeTickets(box);
    if (count === 0) return removed;
    removed += count;
  }
}
