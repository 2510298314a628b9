import type { InstanceId } from '../../protocol/ids.js';
import type { Effective, Preferences } from '../../protocol/preferences.js';
import type { StoreTransaction } from '../stores/local-store.js';
import { STATE } from './keys.js';

/** The position of this device in the synchronization. It changes in the same transaction as the page that moves it. */
export interface SyncState {
  instanceId: InstanceId; // generated with the local database
  registered: boolean; // the server has registered this instance
  preferences?: Preferences; // as the user last set them
  effective?: Effective;
  syncToken?: string; // absent before the first page
  generation: number; // number of resets so far
  sweeping: boolean; // a reset began: its end drops elements of earlier generations
  nextN: number; // of the next operation
  sentN: number; // of the last operation sent; a request without an answer is repeated with the same operations
  periodSeconds?: number; // of the timer, as the server set it
  replacedAtMs?: number; // when another instance last replaced this one
}

/** Reads the state, and creates it in a new store. */
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
