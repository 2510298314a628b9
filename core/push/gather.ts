import { COMMITS_BEHIND_MAX } from '../../protocol/limits.js';
import { liveTail, type Tail } from '../log/tail.js';
import type { BoxId, StoredDevice } from '../model/items.js';
import { entryKey } from '../model/keys.js';
import type { LogEntry } from '../model/log-entry.js';
import type { Core } from '../ports/core.js';
import type { ScopedDevice } from '../scope/scoped-device.js';
import { ChangeCounter } from './change-counter.js';
import { withoutLostPosition } from './lost-position.js';
import { scopedNow } from './scoped-now.js';

const ENTRIES_PER_READ = 100;
/** A device further behind than this is reset, so no older commits are counted. */
const COMMITS_COUNTED_MAX = COMMITS_BEHIND_MAX;

/** A device with its current scope, and the changes that it has not synchronized. */
export interface Gathered {
  readonly device: ScopedDevice;
  readonly counter: ChangeCounter;
}

/**
 * Counts the last commits that a device has not synchronized, at most COMMITS_COUNTED_MAX.
 * Undefined: the box is erased, or the device is revoked. The head is read after the device, so it is not older.
 */
export async function gatherUnsynced(
  core: Core,
  box: BoxId,
  read: StoredDevice,
): Promise<Gathered | undefined> {
  const tail = await liveTail(core, box);
  if (!tail) return undefined;
  const { head } = tail;
  const current = await scopedNow(core, box, read, head.policyId);
  if (!current) return undefined;
  const device = await withoutLostPosition(core, current, head);
  const since = Math.max(device.syncedModSeq, head.modSeq - COMMITS_COUNTED_MAX);
  const counter = new ChangeCounter(device, core.clock.now());
  for (const entry of await entriesSince(core, box, tail, since)) {
    if (entry.rows.length > 0 && entry.modSeq > since) counter.add(entry);
  }
  return { device, counter };
}

/** Entries after a commit, oldest first. They are read backwards, since the index of that commit is not known. */
async function entriesSince(
  core: Core,
  box: BoxId,
  tail: Tail,
  modSeq: number,
): Promise<readonly LogEntry[]> {
  const { firstIndex } = tail.head;
  const entries = [...tail.entries].reverse();
  for (;;) {
    const oldest = entries.at(-1);
    if (!oldest || oldest.modSeq <= modSeq || oldest.index <= firstIndex) return entries.reverse();
    const range = {
      from: entryKey(firstIndex),
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
