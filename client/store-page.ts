import type { SyncResponse } from '../protocol/sync.js';
import { type Applied, applyChanges } from './apply-changes.js';
import type { LocalStore, StoreTransaction, SyncState } from './local-store.js';

/**
 * Stores what a response brings together with its token, in one transaction: after a crash either both are there or
 * neither, and the request is repeated.
 */
export function storePage(store: LocalStore, response: SyncResponse): Promise<Applied> {
  return store.transaction(async (tx) => {
    const state = await begin(tx, await tx.state(), response);
    const applied = await applyChanges(tx, state.generation, response.changes ?? []);
    const after = response.hasMore ? state : await end(tx, state, applied);
    await tx.setState({ ...after, syncToken: response.syncToken });
    return applied;
  });
}

/** A reset marks all that is held as of an earlier generation; removals that were remembered are of it as well. */
async function begin(tx: StoreTransaction, state: SyncState, { reset }: SyncResponse): Promise<SyncState> {
  if (!reset) return state;
  await tx.forgetRemovals();
  return { ...state, generation: state.generation + 1, sweeping: true };
}

/** The end of a synchronization: what a reset marked and nobody sent again is dropped. */
async function end(tx: StoreTransaction, state: SyncState, applied: Applied): Promise<SyncState> {
  await tx.forgetRemovals();
  if (!state.sweeping) return state;
  const elements = (await tx.heldBefore(state.generation)).map(({ element }) => element);
  for (const element of elements) await tx.drop(element);
  if (elements.length > 0) applied.dropped.push({ cause: 'reset', elements });
  return { ...state, sweeping: false };
}
