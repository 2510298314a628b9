import type { ListedDevice } from '../../protocol/device.js';

/** Unit: bytes, as a function returns them. Lambda takes 6 MB; without what is left out, 1,000 devices have 4 MB at most. */
export const LIST_MAX_BYTES = 4 * 1024 * 1024;

/** Lambda takes an answer as JSON in JSON: each quote and backslash counts twice. */
const returnedBytes = (value: object): number => Buffer.byteLength(JSON.stringify(JSON.stringify(value)));

/** The devices whole, or all of them without what a user may have made large. Looks no further than the limit. */
export function trimToLimit<Listed extends ListedDevice>(devices: readonly Listed[]): Listed[] {
  let bytes = 0;
  for (const device of devices) {
    bytes += returnedBytes(device);
    if (bytes > LIST_MAX_BYTES)
      return devices.map(({ preferences: _, effective: __, ...rest }) => rest as Listed);
  }
  return [...devices];
}
