import { erase } from '../../core/lifecycle/erase.js';
import type { BoxId } from '../../core/model/items.js';
import type { LogEntry } from '../../core/model/log-entry.js';
import type { StoredItem } from '../../core/model/stored-item.js';
import type { Core } from '../../core/ports/core.js';
import { BOX } from './builders.js';
import { MemoryRegistry } from './memory-registry.js';
import { MemoryStore } from './memory-store.js';
import { Rig } from './rig.js';

/** A rig whose boxes can be erased, and searched for remains. */
export class Erasable extends Rig {
  declare readonly store: MemoryStore;
  declare readonly registry: MemoryRegistry;

  constructor() {
    const store = new MemoryStore();
    super(store, new MemoryRegistry(store));
  }

  /** Number of items of a box in all tables. */
  left(box: BoxId = BOX): number {
    return this.store.all(box).length + this.registry.ticketsOf(box).length;
  }

  /** Puts an item without a condition. */
  lay(box: BoxId, item: StoredItem): void {
    this.store.box(box).put(item);
  }

  /** The newest entry of a log, without a call of the store. */
  newest(box: BoxId = BOX): LogEntry | undefined {
    return this.store.all(box).findLast((item) => item.kind === 'entry');
  }

  /**
   * Delivers the messages of the erase queue, each at its time, until the queue is empty.
   * @param settled resolves when all work from before the erasing has ended
   */
  async work(
    core: Core = this.core,
    settleSeconds = 60,
    settled: () => Promise<unknown> = async () => {},
  ): Promise<void> {
    for (let next = this.erasures.shift(); next; next = this.erasures.shift()) {
      if (next.delaySeconds > 1) await settled();
      this.clock.nowMs += next.delaySeconds * 1000;
      await erase(core, next.message, settleSeconds);
    }
  }
}
