import { AdversarialStore, CALM, LATE_MAX_MS, type Mishaps } from './adversarial-store.js';
import { Chance } from './model/chance.js';
import { VirtualTime } from './model/time.js';

/** A store with mishaps, and the virtual time in which several are at it at once. */
export class Scene {
  readonly chance: Chance;
  readonly time: VirtualTime;
  readonly store: AdversarialStore;

  constructor(seed: number, mishaps: Partial<Mishaps>) {
    this.chance = new Chance(seed);
    this.time = new VirtualTime(this.chance);
    this.store = new AdversarialStore(seed, { clock: this.time, mishaps: { ...CALM, ...mishaps } });
  }

  /** Runs all of them side by side until they are done. */
  async together(...actors: readonly Promise<unknown>[]): Promise<void> {
    const done = Promise.all(actors);
    while (await this.time.turn()) {
      // One sleeper after the other.
    }
    await done;
  }

  async times(count: number, act: (i: number) => Promise<unknown>): Promise<void> {
    for (let i = 0; i < count; i++) {
      await this.time.sleep(this.chance.between(1, 30));
      await act(i);
    }
  }

  /** One after the other on a store where nothing goes wrong any more, and where all that was late has arrived. */
  async afterwards<T>(look: () => Promise<T>): Promise<T> {
    this.store.mishaps = CALM;
    this.time.pass(LATE_MAX_MS);
    let found: T | undefined;
    await this.together(
      look().then((result) => {
        found = result;
      }),
    );
    return found as T;
  }
}
