import type { ViewWrite } from '../../core/model/effects.js';
import type { BoxId } from '../../core/model/items.js';
import { isRegistryKey } from '../../core/model/keys.js';
import type { DeviceAdvance, Projected } from '../../core/ports/store.js';
import { WatchedStore } from './watched-store.js';

/** A store to whose view nothing of the elements is applied, unless it is let through: it all stands in the log alone. */
export class UnprojectedStore extends WatchedStore {
  /** Which writes are applied beside those of devices. */
  letsThrough: (write: ViewWrite) => boolean = () => false;

  override project(box: BoxId, writes: readonly ViewWrite[], advance?: DeviceAdvance): Promise<Projected> {
    const through = writes.filter((write) => isRegistryKey(write.sk) || this.letsThrough(write));
    return super.project(box, through, advance);
  }
}
