import type { InstanceId } from '../../protocol/ids.js';
import type { Effective, Preferences } from '../../protocol/preferences.js';
import type { StoreTransaction } from '../stores/local-store.js';
import { STATE } from './keys.js';

/** Where the synchronization stands. It changes in the transaction that stores the page it belongs to, and only there. */
export interface SyncState {
  instanceId: InstanceId; // minted with the local database
  registered: boolean; // this instance has been registered once
  preferences?: Preferences; // as the user has changed them
  effective?: Effective;
  syncToken?: string; // absent: nothing has been stored yet
  generation: number; // one more with every reset
  sweeping: boolean; // since a reset: what is of an earlier generation is dropped at the end
  nextN: number; // of the next operation
  sentN: number; // operations up to it have been sent, though not all may be answered: they are sent again as they were
  periodSeconds?: number; // the server's timer
  replacedAtMs?: number; // when another instance last took this one's place
}

/** @throws nothing; a store that is new has a new state. */
export async function stateOf(tx: StoreTransaction, generateId: () => string): Promise<SyncState> {
  const state = (await tx.get(STATE)) as SyncState | undefined;
  if (state) return state;
  const fresh: SyncState = {
    instanceId: generateId() as InstanceId,
    registered: false,
    generation: 0,
    sweeping: false,
    nextN: 1,
    sentN: 0,
  };
  await tx.put(STATE, fresh);
  return fresh;
}
