import type { Core } from '../core.js';
import type { BoxId } from '../model/items.js';
import type { DeviceScope } from './device-scope.js';
import type { Recent } from './recent.js';
import type { Sight } from './seen.js';

/**
 * After so many readings a response goes out with what it has, and the device asks for more: what lies between may be much
 * that it is told nothing of. Unit: readings of at most 1,000 items.
 */
export const READINGS_MAX = 30;

/** A reading of the box's items for a device. */
export interface Walk {
  readonly core: Core;
  readonly box: BoxId;
  readonly scope: DeviceScope;
  readonly recent: Recent; // commits at or before the position that may not be visible in full yet
  readonly nowMs: number;
  readonly sight: Sight; // notes what is read
}
