import { readTail } from '../log/tail.js';
import { latestVersionOf } from '../model/effects.js';
import type { BoxId } from '../model/items.js';
import { entryKey } from '../model/keys.js';
import type { StoredItem } from '../model/stored-item.js';
import { indexOf, UNWRITTEN } from '../model/version.js';
import type { Core } from '../ports/core.js';
import type { EntryRef, Position } from './position.js';

/**
 * The newest log entry that a response shows anything of. A backfill reads items as they are now, and the log is sent
 * later, so a response can show more than its position says. A commit may also be sent in part.
 */
export class HighWaterMark {
  private latest = 0;

  /** Call this for each item that was read. An item also shows that an element does not exist any longer. */
  noteItem(item: StoredItem): void {
    const version = latestVersionOf(item);
    if (version !== UNWRITTEN) this.noteIndex(indexOf(version));
  }

  noteIndex(index: number): void {
    this.latest = Math.max(this.latest, index);
  }

  /** Index of the newest entry that was shown. It equals that of the position if nothing newer was shown. */
  indexFor({ index, rowsSent }: Pick<Position, 'index' | 'rowsSent'>): number {
    return Math.max(this.latest, rowsSent > 0 ? index + 1 : index);
  }
}

/**
 * Rule: while a device was shown more than its position covers, its synchronization stays incomplete. Its token then
 * names an entry that is at least as new as everything that was shown.
 * @returns that entry; undefined if the position covers everything
 */
export async function requiredHighWater(
  { core, box, highWater }: { readonly core: Core; readonly box: BoxId; readonly highWater: HighWaterMark },
  position: Position,
): Promise<EntryRef | undefined> {
  const latest = highWater.indexFor(position);
  const before =
    position.highWater && position.highWater.index > position.index ? position.highWater : undefined;
  if (latest <= Math.max(position.index, before?.index ?? 0)) return before;
  const head = (await readTail(core, box))?.head;
  // After a restore, items may be ahead of the head. The next writer that reads one begins another timeline.
  return head && head.index > position.index ? { index: head.index, nonce: head.nonce } : before;
}

/**
 * Rule: everything that a device was shown beyond its position must belong to the past of this box. Otherwise the box was
 * restored to an entry between the two, and the device holds elements of a lost past.
 */
export async function isSameTimeline(
  core: Core,
  box: BoxId,
  { index, highWater }: Position,
): Promise<boolean> {
  if (!highWater || highWater.index <= index) return true;
  const [found] = (await core.store.get(box, [entryKey(highWater.index)])).values();
  return found?.kind === 'entry' && found.nonce === highWater.nonce;
}
