import type { Core } from '../core.js';
import type { DeviceRecord } from '../registry.js';
import { liveHead } from '../sync/read-log.js';

/**
 * The record of a device without a position that the box has not reached: the box was restored, so the device is behind
 * whatever it has synchronized, and whatever was announced to it.
 */
export async function withoutLostPosition(core: Core, device: DeviceRecord): Promise<DeviceRecord> {
  const { syncedModSeq, announcedModSeq } = device;
  const head = await liveHead(core, device.box);
  if (!head || Math.max(syncedModSeq, announcedModSeq ?? 0) <= head.modSeq) return device;
  const isNoted = await core.registry.patch(device, {
    set: { syncedModSeq: 0, announcedModSeq: undefined },
    expect: { syncedModSeq, announcedModSeq },
  });
  const { announcedModSeq: _, ...rest } = device;
  return isNoted ? { ...rest, syncedModSeq: 0 } : device;
}
