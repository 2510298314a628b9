import { type ExpiredElement, expireElements } from '../../core/lifecycle/expire.js';
import { isShown, viewWritesOf } from '../../core/model/effects.js';
import type { BoxId } from '../../core/model/items.js';
import { overflowKey } from '../../core/model/keys.js';
import type { StoredItem } from '../../core/model/stored-item.js';
import { DAY_MS } from '../../core/model/timing.js';
import type { PolicyId } from '../../protocol/ids.js';
import { BoxUnderTest } from './box-under-test.js';
import { BOX } from './builders.js';
import { MemoryStore } from './memory-store.js';
import type { Rig } from './rig.js';

/** The stream's records of items that the database has expired: only elements, not tombstones or commits. */
export const expiredAmong = (items: readonly StoredItem[], removedAtMs: number): ExpiredElement[] =>
  items.flatMap((item) =>
    item.kind === 'message' || item.kind === 'sessionHistory' ? [{ element: item, removedAtMs }] : [],
  );

/** Sets the retention of all boxes to this many days; undefined: no element expires. */
export async function retain(rig: Rig, retentionDays: number | undefined): Promise<void> {
  await rig.registry.putPolicy('default' as PolicyId, retentionDays === undefined ? {} : { retentionDays });
  rig.clock.nowMs += 1000; // the core reads policies again
}

/** A box whose elements expire after this many days. */
export async function aRetainingBox(retentionDays: number): Promise<BoxUnderTest> {
  const box = new BoxUnderTest();
  await retain(box, retentionDays);
  return box;
}

/** Lets time pass. Before that, the stream reader has applied all entries to the view. */
export function passDays(rig: Rig, days: number, box: BoxId = BOX): void {
  applyAll(rig, box);
  rig.clock.nowMs += days * DAY_MS;
}

/** Applies all entries of a box to its view, each as far as it was not applied before. */
export function applyAll({ store }: Rig, box: BoxId = BOX): void {
  if (!(store instanceof MemoryStore)) return;
  const items = store.box(box);
  for (const { overflow = 0, ...entry } of store.all(box).filter((item) => item.kind === 'entry')) {
    const aside = Array.from({ length: overflow }, (_, part) => items.read(overflowKey(entry.nonce, part)));
    const effects =
      overflow > 0 ? aside.flatMap((item) => (item?.kind === 'overflow' ? item.effects : [])) : entry.effects;
    const writes = effects.flatMap((effect) => viewWritesOf(effect, entry.version, entry.atMs));
    for (const write of writes) if (!isShown(write, items.read(write.sk))) items.project(write);
  }
}

/** The database deletes expired items; the core does not know it yet. */
export function removeExpired({ store, clock }: Rig, box: BoxId = BOX): ExpiredElement[] {
  if (!(store instanceof MemoryStore)) throw new Error('the store must be a MemoryStore');
  return expiredAmong(store.removeExpired(box, clock.nowMs), clock.nowMs);
}

/** The database deletes expired items, and the core records it. */
export async function expire(rig: Rig, box: BoxId = BOX): Promise<readonly ExpiredElement[]> {
  const expired = removeExpired(rig, box);
  await expireElements(rig.core, box, expired);
  return expired;
}
