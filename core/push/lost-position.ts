import type { Core } from '../core.js';
import type { DeviceRecord } from '../registry.js';
import type { Head } from '../store/items.js';

/**
 * The record of a device without a position that the box has not reached: the box was restored, so the device is behind
 * whatever it has synchronized, and whatever was announced to it.
 * @param head read after the record: an older one may be behind what the device has synchronized since.
 */
export async function withoutLostPosition(
  core: Core,
  device: DeviceRecord,
  head: Pick<Head, 'modSeq'>,
): Promise<DeviceRecord> {
  const { syncedModSeq, announcedModSeq } = device;
  if (Math.max(syncedModSeq, announcedModSeq ?? 0) <= head.modSeq) return device;
  const isNoted = await core.registry.patch(device, {
    set: { syncedModSeq: 0, announcedModSeq: undefined },
    expect: { syncedModSeq, announcedModSeq },
  });
  const { announcedModSeq: _, ...rest } = device;
  return isNoted ? { ...rest, syncedModSeq: 0 } : device;
}
