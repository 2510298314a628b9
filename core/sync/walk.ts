import type { Core } from '../core.js';
import type { BoxId } from '../store/items.js';
import type { DeviceScope } from './device-scope.js';
import type { Recent } from './recent.js';
import type { Sight } from './seen.js';

/** A reading of the box's items for a device. */
export interface Walk {
  readonly core: Core;
  readonly box: BoxId;
  readonly scope: DeviceScope;
  readonly recent: Recent; // commits at or before the position that may not be visible in full yet
  readonly nowMs: number;
  readonly sight: Sight; // notes what is read
}
