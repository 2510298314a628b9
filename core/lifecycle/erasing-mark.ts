import { backOff } from '../ports/back-off.js';
import { newVersion } from '../write/box-creation.js';
import type { Core } from '../core.js';
import type { BoxId, Erasing, Head } from '../model/items.js';
import { HEAD_KEY } from '../model/keys.js';
import type { Write } from '../ports/store.js';
import { elementsIn } from '../read/backfill.js';
import { SyncProblem } from '../model/sync-problem.js';
import type { EraseMessage } from '../ports/erase-queue.js';

// A box that is written to all the time has gaps: few, short, and no more of them later.
const ATTEMPTS_MAX = 30;
const LONGEST_WAIT_AFTER = 2;

/** Tries until there is an outcome. @throws SyncProblem `busy` when there was none each time. */
export async function persistently<T>(core: Core, attempt: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < ATTEMPTS_MAX; tries++) {
    if (tries > 0) await backOff(core.clock, Math.min(tries, LONGEST_WAIT_AFTER));
    const outcome = await attempt();
    if (outcome !== undefined) return outcome;
  }
  throw new SyncProblem('busy', { detail: 'others were writing each time', retryAfterSeconds: 1 });
}

export async function headOrMark(core: Core, box: BoxId): Promise<Head | Erasing | undefined> {
  const item = (await core.store.get(box, [HEAD_KEY])).get(HEAD_KEY);
  return item?.kind === 'head' || item?.kind === 'erasing' ? item : undefined;
}

/**
 * The mark of a box that is to be erased, put where it is missing. From then on no commit goes into the box, and no
 * device is registered. `gone`: there is no box of this epoch any more.
 * @throws SyncProblem `busy`.
 */
export const markErasing = (core: Core, { box, epoch }: EraseMessage): Promise<Erasing | 'gone'> =>
  persistently(core, async () => {
    const head = await headOrMark(core, box);
    if (head?.epoch !== epoch) return 'gone';
    if (head.kind === 'erasing') return head;
    const put: Erasing = {
      kind: 'erasing',
      sk: HEAD_KEY,
      version: newVersion(),
      epoch,
      atMs: core.clock.now(),
      elements: elementsIn(head),
    };
    // By epoch and not by version: commits that come in between do not hold it up.
    return (await core.store.write(box, [{ put, when: { epoch } }])) === 'written' ? put : undefined;
  });

/**
 * What must hold for every removal, in the same transaction: one who comes late removes nothing of a box that was made
 * anew meanwhile.
 */
export const stillMarked = ({ version }: Erasing): Write => ({ check: HEAD_KEY, when: { version } });

export const isStillMarked = async (core: Core, box: BoxId, { version }: Erasing): Promise<boolean> =>
  (await headOrMark(core, box))?.version === version;
