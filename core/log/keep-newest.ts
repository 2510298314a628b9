import { entryVersion } from '../model/effects.js';
import type { BoxId } from '../model/items.js';
import { ANCHOR_KEY } from '../model/keys.js';
import type { LogEntry } from '../model/log-entry.js';
import type { Anchor } from '../model/stored-item.js';
import type { Core } from '../ports/core.js';
import { findProjected, project } from './projection.js';
import { liveTail, withUnprojected } from './tail.js';

/**
 * Copies the newest entry of a quiet log into the anchor, which has no time to live: so the box keeps its position when all
 * entries have expired. It is called when the quiet timer has expired. The newest entry is still there then, since writers
 * renew the timer early enough. All entries are applied to the view first, so that nothing is lost with them.
 * @throws Error when an entry could not be applied: the stream retries the record of the timer.
 */
export async function keepNewest(core: Core, box: BoxId): Promise<void> {
  const end = await liveTail(core, box);
  if (!end) return;
  const { head, behind, projected: known } = await withUnprojected(core, box, end);
  const { projected } = await findProjected(core, box, known, behind);
  const missing = behind.filter(({ index }) => index > projected);
  const { outcome } = missing.length > 0 ? await project(core, box, missing) : { outcome: 'done' };
  if (outcome === 'waits') throw new Error('a device waits for its registration to be applied');
  const anchor = (await core.store.get(box, [ANCHOR_KEY])).get(ANCHOR_KEY);
  const version = entryVersion(head);
  // The anchor has the version of the entry that it keeps, so that a late copy of an older entry does not replace it.
  if (anchor?.kind !== 'anchor' || anchor.epoch !== head.epoch) return;
  if (anchor.last && anchor.version >= version) return;
  const { rows: _, effects: __, overflow: ___, ...last } = head as LogEntry;
  const next: Anchor = { ...anchor, version, last: { ...last, projected: head.index } };
  await core.store.replace(box, [{ read: anchor, next }]);
  core.observe('newestKept', { box });
}
