import type { BoxId, ExpiringElement } from '../model/items.js';
import { conversationKey } from '../model/keys.js';
import { SyncProblem } from '../model/sync-problem.js';
import type { Core } from '../ports/core.js';
import { commitAndProject } from '../write/commit.js';
import { expireElement } from '../write/expire-element.js';

/** Elements of one commit: its entry must fit into one item of the database. */
const ELEMENTS_MAX = 200;

/** An element that the database removed after its expiry time. Unit: ms since 1970. */
export interface ExpiredElement {
  readonly element: ExpiringElement;
  readonly removedAtMs: number;
}

/**
 * Commits the expiry of elements that the database has removed: devices get a row, their ids answer `gone` as after a
 * deletion, and they are subtracted from the counts. Calls with the same element again do nothing.
 * @throws SyncProblem `busy` if other writers won every attempt: the caller calls again with all elements.
 */
export async function expireElements(core: Core, box: BoxId, all: readonly ExpiredElement[]): Promise<void> {
  const distinct = [...new Map(all.map((expired) => [expired.element.sk, expired])).values()];
  try {
    for (let from = 0; from < distinct.length; from += ELEMENTS_MAX) {
      await expireBatch(core, box, distinct.slice(from, from + ELEMENTS_MAX));
    }
  } catch (error) {
    // In a box that is being erased, expired elements do not matter.
    if (!(error instanceof SyncProblem && error.details.isErasing)) throw error;
  }
}

async function expireBatch(core: Core, box: BoxId, some: readonly ExpiredElement[]): Promise<void> {
  const elements = await commitAndProject(core, box, {
    keys: some.flatMap(({ element }) => [element.sk, conversationKey(element.conversationId)]),
    onMissingBox: { answer: 0 },
    async decide({ work }) {
      for (const { element, removedAtMs } of some) {
        // An element that was removed before this box was created belonged to an earlier box of the user.
        if (removedAtMs >= work.head.firstIndex) await expireElement(work, element);
      }
      return { answer: work.size, origin: { by: 'server' } };
    },
  });
  core.observe('expired', { box, elements });
}
