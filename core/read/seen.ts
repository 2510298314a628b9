import { readTail } from '../log/tail.js';
import { latestVersionOf } from '../model/effects.js';
import type { BoxId, StoredItem } from '../model/items.js';
import { entryKey } from '../model/keys.js';
import { indexOf, UNWRITTEN } from '../model/version.js';
import type { Core } from '../ports/core.js';
import type { Position, Seen } from './position.js';

/**
 * What a response shows that its position does not tell of yet. A backfill sees the items as they are, while the log is
 * sent later; a commit may be sent in part.
 */
export class Sight {
  private latest = 0;

  /** An item was read, which may also show that something is no more. */
  note(item: StoredItem): void {
    const version = latestVersionOf(item);
    if (version !== UNWRITTEN) this.noteIndex(indexOf(version));
  }

  noteIndex(index: number): void {
    this.latest = Math.max(this.latest, index);
  }

  /** The last entry of which something was shown; no later than the position where nothing was ahead of it. */
  beyond({ index, rows }: Pick<Position, 'index' | 'rows'>): number {
    return Math.max(this.latest, rows > 0 ? index + 1 : index);
  }
}

/**
 * Rule: as long as a device was shown what its position does not tell of, its synchronization goes on, and its token names
 * an entry that is not older than all of that. Undefined: the position tells of everything.
 */
export async function seenBeyond(
  core: Core,
  box: BoxId,
  position: Position,
  sight: Sight,
): Promise<Seen | undefined> {
  const latest = sight.beyond(position);
  const before = position.seen && position.seen.index > position.index ? position.seen : undefined;
  if (latest <= Math.max(position.index, before?.index ?? 0)) return before;
  const head = (await readTail(core, box))?.head;
  // Items ahead of the head are there after a restore. The next writer that meets one begins another timeline.
  return head && head.index > position.index ? { index: head.index, nonce: head.nonce } : before;
}

/**
 * Rule: what a device was shown beyond its position is of this box's past, else the box was restored to an entry between
 * the two: the position is still of its past then, and what was shown is not.
 */
export async function isOfThisTimeline(core: Core, box: BoxId, { index, seen }: Position): Promise<boolean> {
  if (!seen || seen.index <= index) return true;
  const [found] = (await core.store.get(box, [entryKey(seen.index)])).values();
  return found?.kind === 'entry' && found.nonce === seen.nonce;
}
