import { readEnd } from '../log/tail.js';
import type { Head } from '../model/log-entry.js';
import { SyncProblem } from '../model/sync-problem.js';
import type { Core } from '../ports/core.js';
import type { EraseMessage } from '../ports/erase-queue.js';
import { AGAIN, retry } from '../ports/retry.js';
import { elementsIn } from '../read/backfill.js';
import { commit } from '../write/commit.js';

/** The entry that says that a box is being erased. No entry follows it. */
export type EraseMarker = Head & Required<Pick<Head, 'erasing'>>;

const isEraseMarker = (head: Head | undefined): head is EraseMarker => head?.erasing !== undefined;

const ERASE_RETRIES = {
  attempts: 5,
  exhausted: () =>
    new SyncProblem('busy', { detail: 'others wrote to the box during each attempt', retryAfterSeconds: 1 }),
};

/**
 * Appends the erase marker to the log of a box, if it is not there yet. After it no commit goes into the box, and no device
 * is registered.
 * @returns `gone` if the box of this epoch no longer exists
 * @throws SyncProblem `busy` if other writers won every attempt.
 */
export async function putEraseMarker(
  core: Core,
  { box, epoch }: EraseMessage,
): Promise<EraseMarker | 'gone'> {
  return retry(ERASE_RETRIES, async () => {
    const head = (await readEnd(core, box))?.head;
    if (head?.epoch !== epoch) return 'gone';
    if (isEraseMarker(head)) return head;
    try {
      await commit(core, box, {
        keys: [],
        onMissingBox: { answer: undefined },
        decide({ work }) {
          // The box may have been erased and created again since the head was read.
          const isSameBox = work.head.epoch === epoch;
          const box = isSameBox ? { erasing: { elements: elementsIn(work.head) } } : undefined;
          return { answer: undefined, origin: { by: 'server' }, ...(box && { box }) };
        },
      });
    } catch (error) {
      // Others write all the time, or another eraser was first: the next attempt sees that.
      if (!(error instanceof SyncProblem) || error.kind !== 'busy') throw error;
    }
    return AGAIN;
  });
}
