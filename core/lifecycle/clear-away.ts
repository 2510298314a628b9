import { backOff } from '../ports/back-off.js';
import { tombstoneOf } from '../write/draft.js';
import { addCounts, isElement } from '../write/log-rows.js';
import type { Core } from '../core.js';
import type { BoxId, Head, StoredElement, StoredItem, Tombstone } from '../model/items.js';
import { HEAD_KEY } from '../model/keys.js';
import type { Write } from '../ports/store.js';
import { SyncProblem } from '../model/sync-problem.js';

const ATTEMPTS_MAX = 8;
/** Elements of one transaction, beside the head. */
export const PIECE_MAX = 80;

export type IsDead = (element: StoredElement, stored: ReadonlyMap<string, StoredItem>, head: Head) => boolean;

/** A piece of clearing away. `keys`, at most PIECE_MAX, and `beside` are read as of one moment with the head. */
export interface Piece {
  readonly keys?: readonly string[]; // of elements that go, where they are dead
  readonly isDead?: IsDead;
  readonly beside?: readonly string[]; // of what decides on them
  readonly rewrite?: (item: StoredItem) => StoredItem; // of what stands beside
  readonly rewriteHead?: (head: Head) => Head;
}

/**
 * Replaces dead elements by tombstones and takes them off the counts. It is no commit, since nobody has to be told; but
 * it replaces the head like one, so that it and commits stand in one line.
 * @returns how many elements went; undefined: there is no such box any more, or it is being erased.
 * @throws SyncProblem `busy` when commits were faster each time.
 */
export async function clearAway(
  core: Core,
  box: BoxId,
  modSeq: number,
  piece: Piece,
): Promise<number | undefined> {
  const { keys = [], beside = [] } = piece;
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    if (attempt > 0) await backOff(core.clock, attempt);
    const stored = await core.store.snapshot(box, [HEAD_KEY, ...beside, ...keys]);
    if (!stored) continue;
    const head = stored.get(HEAD_KEY);
    if (head?.kind !== 'head') return undefined;
    const writes = writesOf(piece, modSeq, core.clock.now(), stored, head);
    if (writes.length === 0) return 0;
    if ((await core.store.write(box, writes)) === 'written') {
      core.report('reaped', { items: writes.length });
      return writes.filter((write) => 'put' in write && write.put.kind === 'tombstone').length;
    }
  }
  throw new SyncProblem('busy', { detail: 'commits were faster each time' });
}

function writesOf(
  { keys = [], isDead = () => false, beside = [], rewrite, rewriteHead }: Piece,
  modSeq: number,
  nowMs: number,
  stored: ReadonlyMap<string, StoredItem>,
  head: Head,
): Write[] {
  const there = (sks: readonly string[]) =>
    sks.map((sk) => stored.get(sk)).filter((item) => item !== undefined);
  const dead = there(keys)
    .filter(isElement)
    .filter((element) => isDead(element, stored, head));
  // An order may be of a past that the box has lost to a backup: nothing is newer than the box itself.
  const version = Math.min(modSeq, head.modSeq);
  const counts = dead.reduce((sum, element) => addCounts(sum, element, -1), head.counts);
  const nextHead = rewriteHead ? rewriteHead(head) : head;
  const others = there(rewrite ? beside : []).map((item) => rewrite?.(item) ?? item);
  if (dead.length === 0 && !rewriteHead && others.length === 0) return [];
  return [
    { put: { ...nextHead, version: head.version + 1, counts }, when: { version: head.version } },
    ...others.map((put): Write => ({ put, when: { version: put.version } })),
    ...dead.map(
      (element): Write => ({
        // Not older than what it stands for: who reads of that in the log would wait for it to show.
        put: { ...tombstoneOf(element, Math.max(version, element.version), nowMs), ...containerOf(element) },
        when: { version: element.version },
      }),
    ),
  ];
}

/** Noted for devices that are told the removal of a container item by item, since they hold nothing that says what is in it. */
function containerOf(element: StoredElement): Pick<Tombstone, 'within'> {
  const within =
    element.kind === 'conversationHistory'
      ? element.data.folderId
      : element.kind === 'message'
        ? element.data.sessionId
        : undefined;
  return within === undefined ? {} : { within };
}
