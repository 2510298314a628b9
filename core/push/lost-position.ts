import type { Core } from '../core.js';
import type { DeviceRecord } from '../ports/registry.js';
import type { Commit, Head } from '../model/items.js';

/** Clocks of different functions may differ by less than this. Unit: ms. */
const CLOCK_SKEW_MS = 60_000;

/**
 * Whether a commit was made after the device had synchronized to its number, or was told of it: then the box was restored
 * in between, and has grown again.
 */
function isOfAnotherPast(
  { syncedModSeq, syncedAtMs, announcedModSeq = 0, lastPushAtMs }: DeviceRecord,
  { modSeq, atMs }: Pick<Commit, 'modSeq' | 'atMs'>,
): boolean {
  const isAfter = (thenMs: number | undefined) => thenMs !== undefined && atMs > thenMs + CLOCK_SKEW_MS;
  return (
    (modSeq <= syncedModSeq && isAfter(syncedAtMs)) || (modSeq <= announcedModSeq && isAfter(lastPushAtMs))
  );
}

/** The record without a position that the commits show to be of another past, for whoever announces them. */
export const withoutPositionBefore = async (
  core: Core,
  device: DeviceRecord,
  commits: readonly Commit[],
): Promise<DeviceRecord> =>
  commits.some((commit) => isOfAnotherPast(device, commit)) ? withoutPosition(core, device) : device;

/**
 * The record of a device without a position that the box has not reached: the box was restored, so the device is behind
 * whatever it has synchronized, and whatever was announced to it.
 * @param head read after the record: an older one may be behind what the device has synchronized since.
 */
export async function withoutLostPosition(
  core: Core,
  device: DeviceRecord,
  head: Pick<Head, 'modSeq' | 'atMs'>,
): Promise<DeviceRecord> {
  const { syncedModSeq, announcedModSeq = 0 } = device;
  const isBeyond = Math.max(syncedModSeq, announcedModSeq) > head.modSeq;
  return isBeyond || isOfAnotherPast(device, head) ? withoutPosition(core, device) : device;
}

/** Unchanged where the device has synchronized meanwhile, and so has a position again. */
async function withoutPosition(core: Core, device: DeviceRecord): Promise<DeviceRecord> {
  const { syncedModSeq, announcedModSeq, ...rest } = device;
  const isNoted = await core.registry.patch(device, {
    set: { syncedModSeq: 0, announcedModSeq: undefined },
    expect: { syncedModSeq, announcedModSeq },
  });
  return isNoted ? { ...rest, syncedModSeq: 0 } : device;
}
