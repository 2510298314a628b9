import { withEffects } from '../log/overflow.js';
import { writesOf } from '../log/projection.js';
import { isShown } from '../model/effects.js';
import type { BoxId } from '../model/items.js';
import type { LogEntry } from '../model/log-entry.js';
import type { Core } from '../ports/core.js';

/**
 * Applies log entries to the items of the view, unless they are applied: those of the Participating Function, and those
 * whose writer has died. It reads the items first, since a write without effect costs as much as one with an effect.
 * Entries may come late, twice and in any order.
 * @throws Error when a part waits for an entry that is not applied: the stream retries the entries.
 */
export async function projectEntries(core: Core, box: BoxId, records: readonly LogEntry[]): Promise<void> {
  // An entry that is no longer in the log was erased or undone by a restore, and its record came late. Erasing a box waits
  // until functions that found their entries have ended.
  const there = await core.store.get(
    box,
    records.map(({ sk }) => sk),
  );
  const isThere = ({ sk, nonce }: LogEntry) => {
    const found = there.get(sk);
    return found?.kind === 'entry' && found.nonce === nonce;
  };
  const entries = await withEffects(core, box, records.filter(isThere));
  const writes = entries.flatMap(writesOf);
  if (writes.length === 0) return;
  const items = await core.store.getStale(box, [...new Set(writes.map(({ sk }) => sk))]);
  const nowMs = core.clock.now();
  const missing = writes.filter((write) => !isShown(write, items.get(write.sk)));
  const { outcome } = missing.length > 0 ? await core.store.project(box, missing) : { outcome: 'done' };
  const newest = entries.at(-1);
  core.observe('projected', {
    writes: missing.length,
    behind: newest ? newest.index - 1 - newest.projected : 0,
    ageMs: newest ? Math.max(0, nowMs - newest.atMs) : 0,
  });
  if (outcome === 'waits') throw new Error('a device waits for its registration to be applied');
}
