import { withEffects } from '../log/overflow.js';
import { findProjected } from '../log/projection.js';
import { readTail, type Tail, withUnprojected } from '../log/tail.js';
import { timelineNow } from '../log/timeline.js';
import { BoxView } from '../log/view.js';
import { hasExpired } from '../model/expiry.js';
import type { BoxId } from '../model/items.js';
import { PURGES } from '../model/keys.js';
import type { LogEntry } from '../model/log-entry.js';
import type { StoredItem } from '../model/stored-item.js';
import { SyncProblem } from '../model/sync-problem.js';
import { TIMER_RENEWED_MS } from '../model/timing.js';
import type { Core } from '../ports/core.js';
import { policyOf } from '../scope/policy-cache.js';
import { createBox } from './box-creation.js';

/** A position of the log that the caller knows: with it, log and items can be read at the same time. */
export interface KnownTail {
  readonly index: number; // of an entry
  readonly nonce: string; // of the same
  readonly timeline: number; // of the box then: what was applied may be missing after a restore
  readonly projected: number; // up to here entries are applied, not beyond `index`
  readonly lookedAtMs?: number; // when it saw that some were not applied yet
  readonly behind?: readonly LogEntry[]; // entries from `projected` up to `index`; absent: they have to be read
}

/** How to proceed when there is no box; an object: answer without a commit. */
export type OnMissingBox = 'create' | 'refuse' | object;

/**
 * Reads the end of the log and the items under keys, so that both are of one moment.
 * @returns undefined when there is no box and `onMissingBox` has an answer for that
 * @throws SyncProblem `device-not-registered` when there must be a box, `busy` when it is being created or erased.
 */
export async function openSnapshot(
  core: Core,
  box: BoxId,
  plan: { readonly keys: readonly string[]; readonly onMissingBox: OnMissingBox },
  known: KnownTail | undefined,
): Promise<CommitSnapshot | undefined> {
  const keys = [...new Set(plan.keys)];
  if (known) {
    // Entries up to `known.projected` were applied before this read began. The later ones are applied over the items.
    const from = known.behind ? known.index : Math.min(known.projected + 1, known.index);
    const [tail, read] = await Promise.all([
      readTail(core, box, from),
      core.store.get(box, keys),
      expectPolicy(core),
    ]);
    const behind = tail && entriesSince(core, tail, known);
    if (tail && behind && !behind.some(isPurgeEntry)) {
      const entries = await withEffects(core, box, behind);
      const view = new BoxView(core, box, tail.head, entries);
      return {
        tail,
        view,
        behind: entries,
        projected: known.projected,
        lookedAtMs: known.lookedAtMs,
        read: itemsUnder(keys, read),
      };
    }
  }
  let [tail] = await Promise.all([readTail(core, box), expectPolicy(core)]);
  if (!tail) {
    if (typeof plan.onMissingBox === 'object') return undefined;
    if (plan.onMissingBox === 'refuse') throw new SyncProblem('device-not-registered');
    await createBox(core, box);
    tail = await readTail(core, box);
    if (!tail)
      throw new SyncProblem('busy', {
        detail: 'the box is being created; send the same again',
        retryAfterSeconds: 1,
      });
  }
  const { behind, projected: before, ...end } = await withUnprojected(core, box, tail);
  tail = end;
  const view = new BoxView(core, box, tail.head, behind);
  const [looked, read] = await Promise.all([
    behind.length > 0 ? findProjected(core, box, before, behind) : undefined,
    core.store.get(box, keys),
  ]);
  const projected = looked?.projected ?? before;
  return {
    tail,
    view,
    behind,
    projected,
    left: looked?.left ?? [],
    read: itemsUnder(keys, read),
  };
}

/** Starts reading the default policy, which most boxes have, beside the log. Code that needs it gets the failure. */
const expectPolicy = (core: Core): Promise<unknown> => policyOf(core).catch(() => undefined);

const itemsUnder = (
  keys: readonly string[],
  found: ReadonlyMap<string, StoredItem>,
): Map<string, StoredItem | undefined> => new Map(keys.map((sk) => [sk, found.get(sk)]));

/** All entries after the last one that the caller knew to be applied; undefined if some are missing or of another past. */
function entriesSince(
  core: Core,
  { head, entries }: Tail,
  known: KnownTail,
): readonly LogEntry[] | undefined {
  const { index, nonce, timeline, projected } = known;
  const isSame =
    index === head.index
      ? head.nonce === nonce
      : entries.find((entry) => entry.index === index)?.nonce === nonce;
  if (!isSame || projected + 1 < head.firstIndex || timelineNow(core, head) > timeline) return undefined;
  // The entry after a long silence must say that earlier entries are applied, since those expire first.
  if (core.clock.now() - head.atMs > TIMER_RENEWED_MS) return undefined;
  const all = known.behind ? [...known.behind, ...entries.filter((entry) => entry.index > index)] : entries;
  const behind = all.filter((entry) => entry.index > projected);
  // Expired entries are applied, and the database may have removed some of them.
  if (behind.some((entry) => hasExpired(entry, core.clock.now()))) return undefined;
  return behind.length === head.index - projected ? behind : undefined;
}

/** Whether an entry subtracts a purge from the counts. No entry contains the tombstones, which are put before it. */
export const isPurgeEntry = ({ effects }: LogEntry): boolean =>
  effects.some(({ sk }) => sk.startsWith(PURGES));

/** State of the log and the items before the first attempt. */
export interface CommitSnapshot {
  readonly tail: Tail;
  readonly view: BoxView;
  readonly behind: readonly LogEntry[]; // entries that the items may lack
  readonly projected: number; // up to here entries were applied before anything is written
  readonly left?: readonly LogEntry[]; // absent: nobody has looked yet
  readonly lookedAtMs?: number | undefined; // in an earlier request
  readonly read: Map<string, StoredItem | undefined>;
}
