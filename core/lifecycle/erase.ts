import type { Core } from '../core.js';
import type { BoxId, Erasing } from '../model/items.js';
import { HEAD_KEY } from '../model/keys.js';
import { WRITES_MAX, type Write } from '../ports/store.js';
import { SyncProblem } from '../model/sync-problem.js';
import { headOrMark, isStillMarked, markErasing, persistently, stillMarked } from './erasing-mark.js';
import type { EraseMessage } from '../ports/erase-queue.js';
import { removeDevices } from './remove-devices.js';

/** What the order itself does is done by then. */
const FIRST_DELAY_SECONDS = 1;
const DELAY_MAX_SECONDS = 900;
const PIECES_PER_MESSAGE = 50; // then the rest goes through the queue again, so that no invocation takes too long
const PIECE_MAX = WRITES_MAX - 1; // beside the check of the mark

/**
 * Orders a box to be erased. When this returns, everybody is told that it is being erased, and its devices are unknown
 * and disconnected. Ordered once more, it is pushed on. First the message, then the mark: whoever gets the message marks
 * the box too, so that a crash in between erases it all the same.
 * @throws SyncProblem `not-found` where there is no box, `busy` when others were writing each time.
 */
export async function orderErasing(core: Core, box: BoxId): Promise<void> {
  const epoch = (await headOrMark(core, box))?.epoch;
  if (epoch === undefined) throw new SyncProblem('not-found', { detail: 'there is no such box' });
  await core.eraseQueue.send({ box, epoch }, FIRST_DELAY_SECONDS);
  const mark = await markErasing(core, { box, epoch });
  if (mark === 'gone') return;
  await removeDevices(core, box, mark);
  core.report('erasingOrdered', { box, elements: mark.elements });
}

/**
 * Erases a box in pieces: devices, items, what else the registry keeps, and the mark last, once everything that was
 * written before the mark has surely come to light. It may be stopped at any point and begun again, and several may be
 * at it.
 * @param settleSeconds after which what was written before can be seen in full
 * @throws Error when it could not go on: the message is to come again.
 */
export async function erase(core: Core, message: EraseMessage, settleSeconds: number): Promise<void> {
  const { box } = message;
  const mark = await markErasing(core, message);
  if (mark === 'gone') return;
  const settledAtMs = mark.atMs + settleSeconds * 1000;
  const beganAtMs = core.clock.now();
  await removeDevices(core, box, mark);
  const { removed, isEmpty } = await removePieces(core, box, mark);
  const seconds = Math.round((core.clock.now() - mark.atMs) / 1000);
  core.report('erasedItems', { box, items: removed, elements: mark.elements, seconds });
  if (!isEmpty) return core.eraseQueue.send(message, 0);
  const restMs = settledAtMs - beganAtMs;
  if (restMs > 0) {
    return core.eraseQueue.send(message, Math.min(DELAY_MAX_SECONDS, Math.ceil(restMs / 1000)));
  }
  await removeMark(core, box, mark);
  core.report('erased', { box, seconds });
}

async function removePieces(
  core: Core,
  box: BoxId,
  mark: Erasing,
): Promise<{ removed: number; isEmpty: boolean }> {
  let removed = 0;
  for (let piece = 0; piece < PIECES_PER_MESSAGE; piece++) {
    const count = await persistently(core, () => removeSome(core, box, mark));
    if (count === 0) return { removed, isEmpty: true };
    removed += count;
  }
  return { removed, isEmpty: false };
}

/** @returns how much was removed, 0 where nothing is left (or the mark is gone); undefined: not at this time */
async function removeSome(core: Core, box: BoxId, mark: Erasing): Promise<number | undefined> {
  const check = stillMarked(mark);
  const keys = await core.store.keys(box, PIECE_MAX);
  const outcome =
    keys.length > 0
      ? await core.store.write(box, [check, ...keys.map((remove): Write => ({ remove, when: 'any' }))])
      : await core.registry.eraseSome(box, [check]);
  switch (outcome) {
    case 'none':
      return 0;
    case 'refused':
      return (await isStillMarked(core, box, mark)) ? undefined : 0;
    default:
      return Math.max(1, keys.length);
  }
}

const removeMark = (core: Core, box: BoxId, mark: Erasing): Promise<true> =>
  persistently(core, async () => {
    const remove: Write = { remove: HEAD_KEY, when: { version: mark.version } };
    const isRemoved = (await core.store.write(box, [remove])) === 'written';
    return isRemoved || !(await isStillMarked(core, box, mark)) || undefined;
  });
