import type { Element, ElementType, Removal } from '../protocol/elements/element.js';
import type { InstanceId } from '../protocol/ids.js';
import type { Counts } from './counts.js';

/** Names one element. Elements and removals are keys of themselves. Message ids are told apart by conversation. */
export interface ElementKey {
  type: ElementType;
  id: string;
  conversationId?: string; // of a session history, message or message state
}

/** An element as it is held. One of an earlier generation was there before a reset and has not been sent since. */
export interface Held<E extends Element = Element> {
  element: E;
  generation: number;
}

/** Where the synchronization stands. It changes in the transaction that stores the page it belongs to, and only there. */
export interface SyncState {
  instanceId: InstanceId; // minted with the local database
  registered: boolean; // this instance has been registered once
  syncToken?: string; // absent: nothing has been stored yet
  generation: number; // one more with every reset
  sweeping: boolean; // since a reset: what is of an earlier generation is dropped at the end
}

/** Reads and writes of one transaction. Reads see the writes before them. */
export interface StoreTransaction {
  state(): Promise<SyncState>;
  setState(state: SyncState): Promise<void>;

  get(key: ElementKey): Promise<Held | undefined>;
  /** What is held directly in a folder (conversation histories) or a conversation history (all that names it). */
  heldIn(container: ElementKey): Promise<Held[]>;
  heldBefore(generation: number): Promise<Held[]>;
  put(held: Held): Promise<void>;
  drop(key: ElementKey): Promise<void>;

  /** Removals are remembered until the synchronization ends, across a restart of the application too. */
  removalOf(key: ElementKey): Promise<Removal | undefined>;
  rememberRemoval(removal: Removal): Promise<void>;
  forgetRemoval(key: ElementKey): Promise<void>;
  forgetRemovals(): Promise<void>;
}

/** What a device holds. Only this interface knows where: in memory, IndexedDB, SQLite. */
export interface LocalStore {
  /** Runs `work` alone. All that it writes is kept, or nothing when it throws. */
  transaction<T>(work: (tx: StoreTransaction) => Promise<T>): Promise<T>;
  counts(): Promise<Counts>;
  /** All elements: folders first, then conversation histories, session histories, messages, states. */
  elements(): AsyncIterable<Element>;
}
