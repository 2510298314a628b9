import { COMMITS_BEHIND_MAX } from '../../protocol/limits.js';
import { liveTail } from '../log/tail.js';
import type { BoxId, StoredDevice } from '../model/items.js';
import { entryKey } from '../model/keys.js';
import type { Head, LogEntry } from '../model/log-entry.js';
import type { Core } from '../ports/core.js';
import type { ScopedDevice } from '../scope/scoped-device.js';
import { ChangeCounter } from './change-counter.js';
import { withoutLostPosition } from './lost-position.js';
import { scopedNow } from './scoped-now.js';

const ENTRIES_PER_READ = 100;
/** A device further behind than the log leads on from would be reset: beyond it nothing is counted. */
const COMMITS_COUNTED_MAX = COMMITS_BEHIND_MAX;

/** A device as of the policies of now, and what it has not synchronized. */
export interface Gathered {
  readonly device: ScopedDevice;
  readonly tally: ChangeCounter;
}

/**
 * What has gathered for a device: the last commits that it has not synchronized, at most COMMITS_COUNTED_MAX.
 * Undefined: the box is erased, or the device is revoked. The head is read after the device, so it is not older.
 */
export async function gather(core: Core, box: BoxId, read: StoredDevice): Promise<Gathered | undefined> {
  const tail = await liveTail(core, box);
  if (!tail) return undefined;
  const { head } = tail;
  const current = await scopedNow(core, box, read, head.policyId);
  if (!current) return undefined;
  const device = await withoutLostPosition(core, current, head);
  const since = Math.max(device.syncedModSeq, head.modSeq - COMMITS_COUNTED_MAX);
  const tally = new ChangeCounter(device, core.clock.now());
  for (const entry of await entriesSince(core, box, tail.entries, head, since)) {
    if (entry.rows.length > 0 && entry.modSeq > since) tally.add(entry);
  }
  return { device, tally };
}

/** Entries behind a commit, oldest first. They are read backwards, since the index of that commit is not known. */
async function entriesSince(
  core: Core,
  box: BoxId,
  inHand: readonly LogEntry[],
  head: Head,
  modSeq: number,
): Promise<readonly LogEntry[]> {
  const entries = [...inHand].reverse();
  for (;;) {
    const oldest = entries.at(-1);
    if (!oldest || oldest.modSeq <= modSeq || oldest.index <= head.firstIndex) return entries.reverse();
    const range = {
      from: entryKey(head.firstIndex),
      to: entryKey(oldest.index - 1),
      limit: ENTRIES_PER_READ,
      descending: true,
    };
    const { items } = await core.store.query(box, range);
    const older = items.filter((item): item is LogEntry => item.kind === 'entry');
    if (older.length === 0) return entries.reverse();
    entries.push(...older);
  }
}
