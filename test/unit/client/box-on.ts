import type { Applied } from '../../../client/local-state/change-applier.js';
import type { ViewChange } from '../../../client/local-state/derive.js';
import type { LocalStore } from '../../../client/stores/local-store.js';
import { LocalBox } from '../../../client/sync/local-box.js';
import type { SyncResponse } from '../../../protocol/sync.js';

const NOW = Date.parse('2026-03-01T12:00:00Z');

/** A local box on a store, as a new client opens it. */
export function boxOn(store: LocalStore, onChange: (change: ViewChange) => void = () => {}): LocalBox {
  let minted = 0;
  return new LocalBox({ store, generateId: () => `i${++minted}`, nowMs: () => NOW, onChange });
}

/** Stores a response to the next request. */
export async function storePage(store: LocalStore, response: SyncResponse): Promise<Applied> {
  const box = boxOn(store);
  const stored = await box.storePage(await box.nextPage(), response);
  if (!stored) throw new Error('not stored');
  return stored.applied;
}
