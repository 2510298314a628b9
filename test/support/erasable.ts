import { erase } from '../../core/lifecycle/erase.js';
import type { Core } from '../../core/core.js';
import type { BoxId, StoredItem } from '../../core/model/items.js';
import { BOX } from './builders.js';
import { MemoryRegistry } from './memory-registry.js';
import { MemoryStore } from './memory-store.js';
import { Rig } from './rig.js';

/** A store that can be looked through. */
export class OpenStore extends MemoryStore {
  all(box: BoxId): StoredItem[] {
    return [...this.items(box).keys()].sort().flatMap((sk) => this.read(box, sk) ?? []);
  }

  /** Puts an item without asking. */
  lay(box: BoxId, item: StoredItem): void {
    this.items(box).set(item.sk, JSON.stringify(item));
  }
}

/** A rig whose boxes can be erased, and looked through for what is left. */
export class Erasable extends Rig {
  declare readonly store: OpenStore;
  declare readonly registry: MemoryRegistry;

  constructor() {
    const store = new OpenStore();
    super(store, new MemoryRegistry(store));
  }

  /** Everything that is kept of a box, in whatever table. */
  left(box: BoxId = BOX): number {
    return this.store.all(box).length + this.registry.removalsOf(box).length;
  }

  /** Delivers what is in the erase queue, each message in its time, until it is empty. */
  async work(core: Core = this.core, settleSeconds = 60): Promise<void> {
    for (let next = this.erasures.shift(); next; next = this.erasures.shift()) {
      this.clock.nowMs += next.delaySeconds * 1000;
      await erase(core, next.message, settleSeconds);
    }
  }
}
