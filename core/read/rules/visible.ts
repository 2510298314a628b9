import type { Core } from '../../core.js';
import { hasExpired } from '../../model/expiry.js';
import type { BoxId, ChangeRow, StoredItem } from '../../model/items.js';
import { rowKey } from '../../model/row-key.js';
import { elementOf, stateElementOf } from '../../model/element.js';
import type { Line } from '../line.js';
import { SETTLED_MS } from './in-line.js';

/** Elements that do not stand in the log, as they are by now. */
export type Fetched = ReadonlyMap<string, StoredItem>;

/** What rows tell by reference is fetched, consistently. */
export async function fetchMissing(core: Core, box: BoxId, lines: readonly Line[]): Promise<Fetched> {
  const missing = lines.filter(({ row }) => !row.element && !row.removed).map(({ row }) => rowKey(row));
  return missing.length > 0 ? core.store.get(box, missing) : new Map();
}

/**
 * Rule 3: what is told by reference is told as it is fetched, and the telling stops before what cannot be seen yet: what is
 * absent or below the row's number, unless it has gone since, of which a later row tells.
 * @returns index of the first line whose element is written but cannot be seen yet; -1: none
 */
export const firstHidden = (lines: readonly Line[], fetched: Fetched, nowMs: number): number =>
  lines.findIndex(({ commit, row }) => {
    // Long after its commit an element that is not there was removed since, and a later row tells.
    if (row.element || row.removed || nowMs - commit.atMs > SETTLED_MS) return false;
    const item = fetched.get(rowKey(row));
    // Past its time the database may have removed it, and a later row is still to be written.
    if (item === undefined) return !hasExpired(row, nowMs);
    return item.version < commit.modSeq;
  });

/** What the row of an element that does not stand in it tells; undefined where it is no more. */
export function fetchedElement(row: ChangeRow, fetched: Fetched) {
  const item = fetched.get(rowKey(row));
  if (item?.kind === 'message' && row.type === 'messageState') return stateElementOf(item);
  return item?.kind === row.type ? elementOf(item) : undefined;
}
