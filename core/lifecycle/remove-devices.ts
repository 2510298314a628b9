import { entryVersion, latestVersionOf } from '../model/effects.js';
import type { BoxId } from '../model/items.js';
import { deviceKey } from '../model/keys.js';
import type { Core } from '../ports/core.js';
import type { EraseMarker } from './erase-marker.js';

/**
 * Disconnects and removes the devices of a box that is being erased. A connection is closed before its device is removed, so
 * that no open connection is left without a record. Devices of a box that was created again stay.
 */
export async function removeDevices(core: Core, box: BoxId, marker: EraseMarker): Promise<void> {
  const all = await core.registry.devices(box);
  const devices = all.filter((device) => latestVersionOf(device) <= entryVersion(marker));
  await Promise.all(
    devices.flatMap(({ connectionId }) => (connectionId ? [core.sockets.close(connectionId)] : [])),
  );
  await core.store.remove(
    box,
    devices.map(({ deviceId }) => deviceKey(deviceId)),
    entryVersion(marker),
  );
}
