import type { ExpiringElement, StoredElement, Tombstone } from './items.js';
import { TOMBSTONE_MS } from './timing.js';

/** Makes the item that replaces a deleted or expired element: it answers `gone` until no late deposit can arrive. */
export const tombstoneOf = (item: StoredElement, version: number, nowMs: number): Tombstone => ({
  kind: 'tombstone',
  sk: item.sk,
  version,
  of: item.kind,
  expiresAtMs: nowMs + TOMBSTONE_MS,
  ...('countedExpiryMs' in item && { countedExpiryMs: item.countedExpiryMs }),
});

/** Drops the record of what a purge removed: the item that replaces a tombstone subtracts that from the counts itself. */
export const withoutPurged = <T extends ExpiringElement | Tombstone>(item: T): T => {
  if (item.kind !== 'tombstone') return item;
  const { purged: _, ...rest } = item;
  return rest as T;
};
