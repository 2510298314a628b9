import { readEnd } from '../log/tail.js';
import { entryVersion } from '../model/effects.js';
import type { BoxId } from '../model/items.js';
import { ANCHOR_KEY, entryKey } from '../model/keys.js';
import { SyncProblem } from '../model/sync-problem.js';
import type { Core } from '../ports/core.js';
import type { EraseMessage } from '../ports/erase-queue.js';
import { type EraseMarker, putEraseMarker } from './erase-marker.js';
import { removeDevices } from './remove-devices.js';

/** The marker is put and devices are removed by then. Unit: seconds. */
const FIRST_DELAY_SECONDS = 1;
const DELAY_MAX_SECONDS = 900;
const BATCHES_PER_MESSAGE = 50; // the queue delivers the rest again, so that no invocation takes too long
const BATCH_MAX = 100; // items

/**
 * Starts erasing a box. When this returns, all requests get `busy`, and its devices are removed and disconnected. A further
 * call continues the work. The message is sent before the marker is put: the eraser puts the marker too, so the box is
 * erased even after a crash in between.
 * @throws SyncProblem `not-found` if the box does not exist, `busy` if other writers won every attempt.
 */
export async function startErasing(core: Core, box: BoxId): Promise<void> {
  const epoch = (await readEnd(core, box))?.head.epoch;
  if (epoch === undefined) throw new SyncProblem('not-found', { detail: 'there is no such box' });
  await core.eraseQueue.send({ box, epoch }, FIRST_DELAY_SECONDS);
  const marker = await putEraseMarker(core, { box, epoch });
  if (marker === 'gone') return;
  await removeDevices(core, box, marker);
  core.observe('erasingOrdered', { box, elements: marker.erasing.elements });
}

/**
 * Erases a box in batches: devices, items, tickets. The anchor and the marker are removed last, after everything that was
 * being written before the marker has arrived. It may stop at any step and be called again, and several may run at once. It
 * removes only items that are not newer than the marker, so a late call removes nothing of a box that was created again.
 * @param settleSeconds longer than any function runs, so that no write from before the marker arrives later
 * @throws Error when a step failed: the queue delivers the message again.
 */
export async function erase(core: Core, message: EraseMessage, settleSeconds: number): Promise<void> {
  const { box } = message;
  const marker = await putEraseMarker(core, message);
  if (marker === 'gone') return;
  const settledAtMs = marker.atMs + settleSeconds * 1000;
  const beganAtMs = core.clock.now();
  await removeDevices(core, box, marker);
  const { removed, isEmpty } = await removeBatches(core, box, marker);
  const seconds = Math.round((core.clock.now() - marker.atMs) / 1000);
  core.observe('erasedItems', { box, items: removed, elements: marker.erasing.elements, seconds });
  if (!isEmpty) return core.eraseQueue.send(message, 0);
  const restMs = settledAtMs - beganAtMs;
  if (restMs > 0) {
    return core.eraseQueue.send(message, Math.min(DELAY_MAX_SECONDS, Math.ceil(restMs / 1000)));
  }
  // The anchor first: a marker without an anchor still says that the box is being erased.
  await core.store.remove(box, [ANCHOR_KEY], entryVersion(marker));
  await core.store.remove(box, [entryKey(marker.index)], entryVersion(marker));
  core.observe('erased', { box, seconds });
}

async function removeBatches(
  core: Core,
  box: BoxId,
  marker: EraseMarker,
): Promise<{ removed: number; isEmpty: boolean }> {
  const kept = new Set([ANCHOR_KEY, entryKey(marker.index)]);
  let removed = 0;
  let after: string | undefined;
  for (let batch = 0; batch < BATCHES_PER_MESSAGE; batch++) {
    const { keys, more } = await core.store.keys(box, BATCH_MAX, after);
    const dead = keys.filter((key) => !kept.has(key));
    await core.store.remove(box, dead, entryVersion(marker));
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
