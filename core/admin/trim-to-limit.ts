import type { ListedDevice } from '../../protocol/device.js';
import { RETURNED_MAX_BYTES, returnedBytes } from '../model/response-limit.js';

/**
 * Returns the devices unchanged if they fit into one response; otherwise all of them without preferences and effective
 * scope, which a user may have made large. Without these, 1,000 devices stay within the limit.
 */
export function trimToLimit<Listed extends ListedDevice>(devices: readonly Listed[]): Listed[] {
  let bytes = 0;
  for (const device of devices) {
    bytes += returnedBytes(device);
    if (bytes > RETURNED_MAX_BYTES)
      return devices.map(({ preferences: _, effective: __, ...rest }) => rest as Listed);
  }
  return [...devices];
}
