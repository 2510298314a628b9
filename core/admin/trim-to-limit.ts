import type { ListedDevice } from '../../protocol/device.js';

/** Limit of a list of devices. Lambda allows 6 MB; 1,000 devices without the omitted members have at most 4 MB. Unit: bytes. */
export const LIST_MAX_BYTES = 4 * 1024 * 1024;

/** A Lambda response is JSON in JSON, so each quote and backslash counts twice. */
const returnedBytes = (value: object): number => Buffer.byteLength(JSON.stringify(JSON.stringify(value)));

/** The devices, or all of them without preferences and scopes if the list exceeds the limit. */
export function trimToLimit<Listed extends ListedDevice>(devices: readonly Listed[]): Listed[] {
  let bytes = 0;
  for (const device of devices) {
    bytes += returnedBytes(device);
    if (bytes > LIST_MAX_BYTES)
      return devices.map(({ preferences: _, effective: __, ...rest }) => rest as Listed);
  }
  return [...devices];
}
