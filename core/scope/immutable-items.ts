import type { BoxId, StoredPreferences, StoredScope } from '../model/items.js';
import type { StoredItem } from '../model/stored-item.js';
import type { Core } from '../ports/core.js';

const CACHED_MAX = 2000;

/** Items that never change after they were written. */
export type ImmutableItem = StoredScope | StoredPreferences;

type Store = Core['store'];

const caches = new WeakMap<Store, Map<string, ImmutableItem>>();

/**
 * Scopes and preferences by key. They never change, so each process reads an item once.
 * @returns the items that exist
 */
export async function readImmutable(
  { store }: Pick<Core, 'store'>,
  box: BoxId,
  keys: readonly string[],
): Promise<ReadonlyMap<string, ImmutableItem>> {
  const cache = cacheOf(store);
  const known = new Map(
    keys.flatMap((sk) => {
      const item = cache.get(nameOf(box, sk));
      return item ? [[sk, item]] : [];
    }),
  );
  const missing = keys.filter((sk) => !known.has(sk));
  if (missing.length === 0) return known;
  const read = await store.get(box, missing);
  for (const item of cacheItems(store, box, read.values())) known.set(item.sk, item);
  return known;
}

/** Caches the scopes and preferences among items that were read. @returns these */
export function cacheItems(store: Store, box: BoxId, items: Iterable<StoredItem>): readonly ImmutableItem[] {
  const cache = cacheOf(store);
  const kept = [...items].filter((item) => item.kind === 'scope' || item.kind === 'preferences');
  for (const item of kept) cache.set(nameOf(box, item.sk), item);
  for (const oldest of cache.keys()) {
    if (cache.size <= CACHED_MAX) break;
    cache.delete(oldest);
  }
  return kept;
}

function cacheOf(store: Store): Map<string, ImmutableItem> {
  const cache = caches.get(store) ?? new Map<string, ImmutableItem>();
  caches.set(store, cache);
  return cache;
}

const nameOf = (box: BoxId, sk: string): string => JSON.stringify([box, sk]);
