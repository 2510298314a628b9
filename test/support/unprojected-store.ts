import type { ViewWrite } from '../../core/model/effects.js';
import type { BoxId } from '../../core/model/items.js';
import { isRegistryKey } from '../../core/model/keys.js';
import type { DeviceAdvance, Projected } from '../../core/ports/store.js';
import { WatchedStore } from './watched-store.js';

/**
 * A store that applies no element to its view, unless `letsThrough` allows it. So elements exist only in the
 * log.
 */
export class UnprojectedStore extends WatchedStore {
  /** Selects the writes that are applied beside those of devices. */
  letsThrough: (write: ViewWrite) => boolean = () => false;

  override project(box: BoxId, writes: readonly ViewWrite[], advance?: DeviceAdvance): Promise<Projected> {
    const through = writes.filter((write) => isRegistryKey(write.sk) || this.letsThrough(write));
    return super.project(box, through, advance);
  }
}
