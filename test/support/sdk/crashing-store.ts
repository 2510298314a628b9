import type { Entry, LocalStore, StoreTransaction } from '../../../client/stores/local-store.js';
import { memoryStore } from '../../../client/stores/memory-store.js';
import type { Chance } from '../model/chance.js';

/** Thrown when the simulated process ends. No further transaction runs. */
export class Crash extends Error {
  override readonly name = 'Crash';
}

const ALL = { from: '', to: '\u007f', limit: Number.MAX_SAFE_INTEGER };

/** The store of one process, which ends at a random write transaction: just before its commit, or just after. */
export function crashingStore(kept: LocalStore, chance: Chance, probability: () => number): LocalStore {
  let isDead = false;
  const die = () => {
    isDead = true;
    throw new Crash('the process ended');
  };
  const transaction: LocalStore['transaction'] = async (mode, work) => {
    if (isDead) die();
    const crash = mode === 'write' && chance.happens(probability());
    const isBefore = crash && chance.happens(0.5);
    const value = await kept.transaction(mode, async (tx) => {
      const done = await work(tx);
      if (isDead || isBefore) die();
      return done;
    });
    if (crash) die();
    return value;
  };
  return { transaction, close: async () => {} };
}

export const entriesOf = (store: LocalStore): Promise<Entry[]> =>
  store.transaction('read', (tx: StoreTransaction) => tx.scan(ALL));

/** A store with the entries of a backup. */
export async function storeWith(entries: readonly Entry[]): Promise<LocalStore> {
  const store = memoryStore();
  await store.transaction('write', async (tx) => {
    for (const [key, value] of entries) await tx.put(key, value);
  });
  return store;
}
