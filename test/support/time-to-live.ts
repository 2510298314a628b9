import { DAY_MS } from '../../core/ports/clock.js';
import { type Expired, noteExpired } from '../../core/lifecycle/note-expired.js';
import type { BoxId, StoredItem } from '../../core/model/items.js';
import type { PolicyId } from '../../protocol/ids.js';
import { BoxUnderTest } from './box-under-test.js';
import { BOX } from './builders.js';
import { MemoryStore } from './memory-store.js';
import type { Rig } from './rig.js';

/** What the stream tells of items that the database has removed: elements, and neither tombstones nor commits. */
export const expiredAmong = (items: readonly StoredItem[], removedAtMs: number): Expired[] =>
  items.flatMap((item) =>
    item.kind === 'message' || item.kind === 'sessionHistory' ? [{ element: item, removedAtMs }] : [],
  );

/** From now on what a box is given expires after so many days; undefined: nothing does. */
export async function retain(rig: Rig, retentionDays: number | undefined): Promise<void> {
  await rig.registry.putPolicy('default' as PolicyId, retentionDays === undefined ? {} : { retentionDays });
  rig.clock.nowMs += 1000; // policies are read again
}

/** A box whose elements expire after so many days. */
export async function aRetainingBox(retentionDays: number): Promise<BoxUnderTest> {
  const box = new BoxUnderTest();
  await retain(box, retentionDays);
  return box;
}

export function passDays(rig: Rig, days: number): void {
  rig.clock.nowMs += days * DAY_MS;
}

/** The database removes what has passed its time; nobody has been told yet. */
export function removeExpired({ store, clock }: Rig, box: BoxId = BOX): Expired[] {
  if (!(store instanceof MemoryStore)) throw new Error('the store removes nothing');
  return expiredAmong(store.removeExpired(box, clock.nowMs), clock.nowMs);
}

/** The database removes what has passed its time, and it is noted. */
export async function expire(rig: Rig, box: BoxId = BOX): Promise<readonly Expired[]> {
  const expired = removeExpired(rig, box);
  await noteExpired(rig.core, box, expired);
  return expired;
}
