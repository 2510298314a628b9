import { elementFrom } from '../model/effects.js';
import { jsonBytes } from '../model/element.js';
import type { BoxId } from '../model/items.js';
import { overflowKey } from '../model/keys.js';
import type { Effect, LogEntry, LogOverflow } from '../model/log-entry.js';
import { rowKey } from '../model/row-key.js';
import { SyncProblem } from '../model/sync-problem.js';
import { DAY_MS } from '../model/timing.js';
import type { Core } from '../ports/core.js';

/**
 * A larger entry keeps its effects in items of their own, so that reading the end of the log always costs one read unit.
 * Unit: bytes of JSON, before they are deflated.
 */
const OVERFLOWS_ABOVE_BYTES = 6000;
/** An item of the database may have 400 KB, deflated or not. Unit: bytes of JSON. */
const PART_MAX_BYTES = 300_000;
/** The overflow must not be removed before its entry. */
const LONGER_MS = 2 * DAY_MS;

/** The items with the effects of a large entry; none for a small one. They are put before the entry. */
export function overflowOf({ nonce, version, effects, expiresAtMs = 0 }: LogEntry): LogOverflow[] {
  if (jsonBytes(effects) <= OVERFLOWS_ABOVE_BYTES) return [];
  const parts: Effect[][] = [[]];
  let bytes = 0;
  for (const effect of effects) {
    bytes += jsonBytes(effect);
    if (bytes > PART_MAX_BYTES && (parts.at(-1)?.length ?? 0) > 0) {
      parts.push([]);
      bytes = jsonBytes(effect);
    }
    parts.at(-1)?.push(effect);
  }
  return parts.map((part, i) => ({
    kind: 'overflow',
    sk: overflowKey(nonce, i),
    version,
    expiresAtMs: expiresAtMs + LONGER_MS,
    effects: part,
  }));
}

/** An entry as it is stored: without the elements of its rows, which its effects have, and without large effects. */
export function packed(entry: LogEntry): LogEntry {
  const rows = entry.rows.map(({ element: _, ...row }) => row);
  return entry.overflow ? { ...entry, rows, effects: [] } : { ...entry, rows };
}

/** A stored entry with the elements of its rows restored. */
export function unpacked(entry: LogEntry, effects: readonly Effect[] = entry.effects): LogEntry {
  const byKey = new Map(effects.map((effect) => [effect.sk, effect]));
  const rows = entry.rows.map((row) => {
    const element = row.removed ? undefined : elementFrom(byKey.get(rowKey(row)), row);
    return element ? { ...row, element } : row;
  });
  return { ...entry, rows, effects };
}

/**
 * Entries with their effects; those of large entries are read.
 * @throws SyncProblem `unavailable` when the effects of an entry no longer exist.
 */
export async function withEffects(core: Core, box: BoxId, entries: readonly LogEntry[]): Promise<LogEntry[]> {
  const lacking = entries.filter(({ overflow, effects }) => overflow && effects.length === 0);
  if (lacking.length === 0) return [...entries];
  const items = await core.store.get(box, lacking.flatMap(overflowKeysOf));
  return entries.map((entry) => {
    if (!lacking.includes(entry)) return entry;
    const effects = overflowKeysOf(entry).flatMap((sk) => {
      const item = items.get(sk);
      if (item?.kind === 'overflow') return item.effects;
      throw new SyncProblem('unavailable', { detail: 'the effects of a log entry are missing' });
    });
    return unpacked(entry, effects);
  });
}

const overflowKeysOf = ({ nonce, overflow = 0 }: LogEntry): string[] =>
  Array.from({ length: overflow }, (_, i) => overflowKey(nonce, i));
