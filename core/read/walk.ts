import type { BoxView } from '../log/view.js';
import type { DeviceScope } from './device-scope.js';
import type { Sight } from './seen.js';

/**
 * After so many readings a response is sent with what it has, and the device asks for more: between them there may be much
 * that is not for this device. Unit: readings of at most 1,000 items.
 */
export const READINGS_MAX = 30;

/** A reading of the box's items for a device. */
export interface Walk {
  readonly view: BoxView;
  readonly scope: DeviceScope;
  readonly nowMs: number;
  readonly sight: Sight; // notes what is read
}
