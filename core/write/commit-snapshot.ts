import { withEffects } from '../log/overflow.js';
import { look } from '../log/projection.js';
import { readTail, type Tail, withUnprojected } from '../log/tail.js';
import { timelineNow } from '../log/timeline.js';
import { BoxView } from '../log/view.js';
import { hasExpired } from '../model/expiry.js';
import type { BoxId, StoredItem } from '../model/items.js';
import { PURGES } from '../model/keys.js';
import type { LogEntry } from '../model/log-entry.js';
import { SyncProblem } from '../model/sync-problem.js';
import { TIMER_RENEWED_MS } from '../model/timing.js';
import type { Core } from '../ports/core.js';
import { policyOf } from '../scope/policy-cache.js';
import { makeBox } from './box-creation.js';

/** What a caller knows of the log before it reads: then log and items can be read at the same time. */
export interface Known {
  readonly index: number; // of an entry
  readonly nonce: string; // of the same
  readonly timeline: number; // of the box then: what was applied may be missing after a restore
  readonly projected: number; // up to here entries are applied, not beyond `index`
  readonly lookedAtMs?: number; // when it saw that some were not applied yet
  readonly behind?: readonly LogEntry[]; // entries from `projected` up to `index`; absent: they have to be read
}

/** What to do where there is no box. */
export type OnMissingBox = 'create' | 'refuse' | object;

/**
 * Reads the end of the log and what is under keys, so that both are of one moment. Undefined: there is no box, and it is
 * neither to be made nor to be refused.
 * @throws SyncProblem `device-not-registered` where there has to be a box.
 */
export async function openSnapshot(
  core: Core,
  box: BoxId,
  intent: { readonly keys: readonly string[]; readonly onMissingBox: OnMissingBox },
  known: Known | undefined,
): Promise<CommitSnapshot | undefined> {
  const keys = [...new Set(intent.keys)];
  if (known) {
    // Up to `known.projected` entries were applied before this read began, and the entries behind are laid over it.
    const from = known.behind ? known.index : Math.min(known.projected + 1, known.index);
    const [tail, read] = await Promise.all([
      readTail(core, box, from),
      core.store.get(box, keys),
      expectPolicy(core),
    ]);
    const behind = tail && entriesSince(core, tail, known);
    if (tail && behind && !behind.some(isOfPurge)) {
      const entries = await withEffects(core, box, behind);
      const view = new BoxView(core, box, tail.head, entries);
      return {
        tail,
        view,
        behind: entries,
        projected: known.projected,
        lookedAtMs: known.lookedAtMs,
        read: readOf(keys, read),
      };
    }
  }
  let [tail] = await Promise.all([readTail(core, box), expectPolicy(core)]);
  if (!tail) {
    if (typeof intent.onMissingBox === 'object') return undefined;
    if (intent.onMissingBox === 'refuse') throw new SyncProblem('device-not-registered');
    await makeBox(core, box);
    tail = await readTail(core, box);
    if (!tail) throw new SyncProblem('busy', { detail: 'the box is being made', retryAfterSeconds: 1 });
  }
  const { behind, projected: before, ...end } = await withUnprojected(core, box, tail);
  tail = end;
  const view = new BoxView(core, box, tail.head, behind);
  const [looked, read] = await Promise.all([
    behind.length > 0 ? look(core, box, before, behind) : undefined,
    core.store.get(box, keys),
  ]);
  const projected = looked?.projected ?? before;
  return {
    tail,
    view,
    behind,
    projected,
    left: looked?.left ?? [],
    read: readOf(keys, read),
  };
}

/** Most boxes have the default policy: it is read beside the log, where it is not known. A failure is for who needs it. */
const expectPolicy = (core: Core): Promise<unknown> => policyOf(core).catch(() => undefined);

export const readOf = (
  keys: readonly string[],
  found: ReadonlyMap<string, StoredItem>,
): Map<string, StoredItem | undefined> => new Map(keys.map((sk) => [sk, found.get(sk)]));

/** All entries behind what the caller knew to be applied; undefined where they are not in hand, or of another past. */
function entriesSince(core: Core, { head, entries }: Tail, known: Known): readonly LogEntry[] | undefined {
  const { index, nonce, timeline, projected } = known;
  const isSame =
    index === head.index
      ? head.nonce === nonce
      : entries.find((entry) => entry.index === index)?.nonce === nonce;
  if (!isSame || projected + 1 < head.firstIndex || timelineNow(core, head) > timeline) return undefined;
  // The entry after a long silence has to say that what came before the silence is applied, since that expires first.
  if (core.clock.now() - head.atMs > TIMER_RENEWED_MS) return undefined;
  const all = known.behind ? [...known.behind, ...entries.filter((entry) => entry.index > index)] : entries;
  const behind = all.filter((entry) => entry.index > projected);
  // What has expired is applied, and may be there in part only.
  if (behind.some((entry) => hasExpired(entry, core.clock.now()))) return undefined;
  return behind.length === head.index - projected ? behind : undefined;
}

/** The tombstones of a purge are in no entry: they are put before the one that takes them off the counts. */
export const isOfPurge = ({ effects }: LogEntry): boolean => effects.some(({ sk }) => sk.startsWith(PURGES));

/** What was read before the first attempt. */
export interface CommitSnapshot {
  readonly tail: Tail;
  readonly view: BoxView;
  readonly behind: readonly LogEntry[]; // entries that the items may lack
  readonly projected: number; // up to here entries were applied before anything is written
  readonly left?: readonly LogEntry[]; // absent: nobody has looked yet
  readonly lookedAtMs?: number | undefined; // in an earlier request
  readonly read: Map<string, StoredItem | undefined>;
}
