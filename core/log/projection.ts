import { entryVersion, isShown, type ViewWrite, viewWritesOf } from '../model/effects.js';
import type { BoxId } from '../model/items.js';
import type { LogEntry } from '../model/log-entry.js';
import type { StoredItem } from '../model/stored-item.js';
import { LEFT_LYING_MS } from '../model/timing.js';
import type { Core } from '../ports/core.js';
import type { DeviceAdvance, Projected } from '../ports/store.js';

/** Items that one check reads, to find out how far the view is complete. */
const LOOKED_AT_MAX = 100;

/** The writes that apply an entry to the view. */
export const writesOf = (entry: LogEntry): ViewWrite[] =>
  entry.effects.flatMap((effect) => viewWritesOf(effect, entryVersion(entry), entry.atMs));

/** Applies entries to the view; parts that are as new or newer stay. Errors as of `Store.project`. */
export const project = (
  core: Core,
  box: BoxId,
  entries: readonly LogEntry[],
  advance?: DeviceAdvance,
): Promise<Projected> => core.store.project(box, newestOf(entries.flatMap(writesOf)), advance);

/** Keeps the newest of several writes of one part. */
function newestOf(writes: readonly ViewWrite[]): ViewWrite[] {
  const bySk = new Map<string, ViewWrite>();
  const kept: ViewWrite[] = [];
  for (const write of writes) {
    const before = bySk.get(write.sk);
    // Parts of different versions are different writes.
    const isSame =
      before &&
      (write.content !== undefined) === (before.content !== undefined) &&
      (write.state !== undefined) === (before.state !== undefined);
    if (isSame && before.version <= write.version) kept[kept.indexOf(before)] = write;
    else kept.push(write);
    bySk.set(write.sk, write);
  }
  return kept;
}

/** How far entries are applied to the view, as of one check. */
export interface ProjectedUpTo {
  readonly projected: number; // index up to which all entries are applied
  readonly left: readonly LogEntry[]; // entries that are not applied, though their writers had the time to
  readonly atMs?: number; // time of the check; absent if all are applied
}

/**
 * Finds out how far entries are applied, from the oldest on. It checks whole entries, so that it always makes progress. Its
 * reads cost half and may be stale: then it reports an applied entry as not applied.
 * @param projected index up to which entries are known to be applied
 * @param behind the entries after that
 */
export async function findProjected(
  core: Core,
  box: BoxId,
  projected: number,
  behind: readonly LogEntry[],
): Promise<ProjectedUpTo> {
  const writes: { readonly entry: LogEntry; readonly writes: readonly ViewWrite[] }[] = [];
  let count = 0;
  for (const entry of behind) {
    const its = writesOf(entry);
    if (count > 0 && count + its.length > LOOKED_AT_MAX) break;
    count += its.length;
    writes.push({ entry, writes: its });
  }
  const keys = [...new Set(writes.flatMap((each) => each.writes.map(({ sk }) => sk)))];
  const items: ReadonlyMap<string, StoredItem> =
    keys.length > 0 ? await core.store.getStale(box, keys) : new Map();
  const nowMs = core.clock.now();
  const isApplied = (its: readonly ViewWrite[]) => its.every((write) => isShown(write, items.get(write.sk)));
  let upTo = projected;
  const left: LogEntry[] = [];
  for (const { entry, writes: its } of writes) {
    if (isApplied(its)) {
      if (entry.index === upTo + 1) upTo = entry.index;
    } else if (nowMs - entry.atMs > LEFT_LYING_MS) {
      left.push(entry);
    }
  }
  const isAll = upTo === behind.at(-1)?.index;
  return { projected: upTo, left, ...(!isAll && { atMs: nowMs }) };
}
