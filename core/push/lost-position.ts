import type { BoxId, StoredDevice } from '../model/items.js';
import type { Commit, Head } from '../model/log-entry.js';
import { CLOCK_SKEW_MS } from '../model/timing.js';
import type { Core } from '../ports/core.js';

type Device = StoredDevice & { readonly box: BoxId };

/**
 * Whether a commit is later than the time when the device synchronized its number, or when the number was announced. Then
 * the box was restored in between, and has reached the number again.
 */
function isOfAnotherPast(
  { syncedModSeq, syncedAtMs, announcedModSeq = 0, lastPushAtMs }: StoredDevice,
  { modSeq, atMs }: Pick<Commit, 'modSeq' | 'atMs'>,
): boolean {
  const isAfter = (thenMs: number | undefined) => thenMs !== undefined && atMs > thenMs + CLOCK_SKEW_MS;
  return (
    (modSeq <= syncedModSeq && isAfter(syncedAtMs)) || (modSeq <= announcedModSeq && isAfter(lastPushAtMs))
  );
}

/** The device without its position, where a commit shows that the position is of a past that a restore has undone. */
export const withoutPositionOfOtherPast = async <D extends Device>(
  core: Core,
  device: D,
  commits: readonly Commit[],
): Promise<D> =>
  commits.some((commit) => isOfAnotherPast(device, commit)) ? withoutPosition(core, device) : device;

/**
 * The device without its position, where the box has not reached that position or has reached it again. The box was
 * restored, so the device is behind, whatever it has synchronized and whatever was announced to it.
 * @param head read after the record: an older one may be behind what the device has synchronized since.
 */
export async function withoutLostPosition<D extends Device>(
  core: Core,
  device: D,
  head: Pick<Head, 'modSeq' | 'atMs'>,
): Promise<D> {
  const { syncedModSeq, announcedModSeq = 0 } = device;
  const isBeyond = Math.max(syncedModSeq, announcedModSeq) > head.modSeq;
  return isBeyond || isOfAnotherPast(device, head) ? withoutPosition(core, device) : device;
}

/** Removes the position; keeps it where the device has synchronized meanwhile, and so has a valid one. */
async function withoutPosition<D extends Device>(core: Core, device: D): Promise<D> {
  const { syncedModSeq, announcedModSeq, ...rest } = device;
  const isRemoved = await core.registry.patch(device, {
    set: { syncedModSeq: 0, announcedModSeq: undefined },
    expect: { syncedModSeq, announcedModSeq },
  });
  return isRemoved ? ({ ...rest, syncedModSeq: 0 } as unknown as D) : device;
}
