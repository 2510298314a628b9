import { readEnd } from '../log/tail.js';
import type { Head } from '../model/log-entry.js';
import { SyncProblem } from '../model/sync-problem.js';
import type { Core } from '../ports/core.js';
import type { EraseMessage } from '../ports/erase-queue.js';
import { elementsIn } from '../read/backfill.js';
import { commit } from '../write/commit.js';

const ATTEMPTS_MAX = 5;

/** The entry that says that a box is being erased: nothing follows it. */
export type EraseMarker = Head & Required<Pick<Head, 'erasing'>>;

export const isEraseMarker = (head: Head | undefined): head is EraseMarker => head?.erasing !== undefined;

/**
 * The mark of a box that is to be erased, appended where it is missing. From then on no commit goes into the box, and no
 * device is registered. `gone`: there is no box of this epoch any more.
 * @throws SyncProblem `busy`.
 */
export async function putEraseMarker(
  core: Core,
  { box, epoch }: EraseMessage,
): Promise<EraseMarker | 'gone'> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const head = (await readEnd(core, box))?.head;
    if (head?.epoch !== epoch) return 'gone';
    if (isEraseMarker(head)) return head;
    try {
      await commit(core, box, {
        keys: [],
        onMissingBox: { answer: undefined },
        decide({ work }) {
          // The box may have been erased and made anew since the head was read.
          const isOurs = work.head.epoch === epoch;
          const box = isOurs ? { erasing: { elements: elementsIn(work.head) } } : undefined;
          return { answer: undefined, origin: { by: 'server' }, ...(box && { box }) };
        },
      });
    } catch (error) {
      // Others write all the time, or another eraser was first: the next look tells.
      if (!(error instanceof SyncProblem) || error.kind !== 'busy' || attempt === ATTEMPTS_MAX - 1)
        throw error;
    }
  }
  throw new SyncProblem('busy', { detail: 'others were writing each time', retryAfterSeconds: 1 });
}
