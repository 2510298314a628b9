import { commit } from '../write/commit.js';
import { withFewer } from '../write/process.js';
import type { Core } from '../core.js';
import type { BoxId, ExpiringElement } from '../model/items.js';
import { conversationKey } from '../model/keys.js';

/** Of what one commit may read and write, with room for head, log and commits that had no answer. */
const KEYS_MAX = 90;
const ELEMENTS_MAX = 80;

/** An element that the database has removed since its time was over. Unit: ms since 1970. */
export interface Expired {
  readonly element: ExpiringElement;
  readonly removedAtMs: number;
}

/**
 * Commits that elements of a box have expired: devices are told, their ids answer `gone` like those of deleted ones, and
 * they count no more. It may be told of the same element again.
 * @throws SyncProblem `busy` when the box stayed contended: what is not noted yet has to be told again.
 */
export async function noteExpired(core: Core, box: BoxId, all: readonly Expired[]): Promise<void> {
  let rest = [...new Map(all.map((expired) => [expired.element.sk, expired])).values()];
  while (rest.length > 0) {
    rest = rest.slice(await withFewer(forOneCommit(rest), (few) => noteSome(core, box, few)));
  }
}

/** As many as can be read and written together: each is read with its conversation history, which decides who is told. */
function forOneCommit(all: readonly Expired[]): readonly Expired[] {
  const histories = new Set<string>();
  const end = all.findIndex(({ element }, i) => {
    histories.add(conversationKey(element.conversationId));
    return i >= ELEMENTS_MAX || i + 1 + histories.size > KEYS_MAX;
  });
  return end < 0 ? all : all.slice(0, end);
}

/** @returns how many were dealt with */
async function noteSome(core: Core, box: BoxId, some: readonly Expired[]): Promise<number> {
  const elements = await commit(core, box, {
    keys: some.flatMap(({ element }) => [element.sk, conversationKey(element.conversationId)]),
    onMissingBox: { answer: 0 },
    decide({ draft }) {
      for (const { element, removedAtMs } of some) {
        // What was removed before this box was made was of an earlier box of the user.
        if (removedAtMs >= (draft.head.madeAtMs ?? 0)) draft.noteExpired(element);
      }
      return { answer: draft.size, origin: { by: 'server' }, writes: [] };
    },
  });
  core.report('expired', { box, elements });
  return some.length;
}
