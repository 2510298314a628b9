import type { BoxId, ExpiringElement } from '../model/items.js';
import { conversationKey } from '../model/keys.js';
import { SyncProblem } from '../model/sync-problem.js';
import type { Core } from '../ports/core.js';
import { commitAndProject } from '../write/commit.js';
import { expireElement } from '../write/expire-element.js';

/** Elements of one commit: its entry stays below what one item of the database holds. */
const ELEMENTS_MAX = 200;

/** An element that the database has removed since its time was over. Unit: ms since 1970. */
export interface ExpiredElement {
  readonly element: ExpiringElement;
  readonly removedAtMs: number;
}

/**
 * Commits that elements of a box have expired: devices are told, their ids answer `gone` like those of deleted ones, and
 * they count no more. It may be told of the same element again.
 * @throws SyncProblem `busy` when the box stayed contended: what is not noted yet has to be told again.
 */
export async function expireElements(core: Core, box: BoxId, all: readonly ExpiredElement[]): Promise<void> {
  const distinct = [...new Map(all.map((expired) => [expired.element.sk, expired])).values()];
  try {
    for (let from = 0; from < distinct.length; from += ELEMENTS_MAX) {
      await expireBatch(core, box, distinct.slice(from, from + ELEMENTS_MAX));
    }
  } catch (error) {
    // Of a box that is being erased nothing is to be noted.
    if (!(error instanceof SyncProblem && error.details.isErasing)) throw error;
  }
}

async function expireBatch(core: Core, box: BoxId, some: readonly ExpiredElement[]): Promise<void> {
  const elements = await commitAndProject(core, box, {
    keys: some.flatMap(({ element }) => [element.sk, conversationKey(element.conversationId)]),
    onMissingBox: { answer: 0 },
    async decide({ work }) {
      for (const { element, removedAtMs } of some) {
        // What was removed before this box was made was of an earlier box of the user.
        if (removedAtMs >= work.head.firstIndex) await expireElement(work, element);
      }
      return { answer: work.size, origin: { by: 'server' } };
    },
  });
  core.observe('expired', { box, elements });
}
