import type { Device } from '../../protocol/device.js';
import type { InstanceId } from '../../protocol/ids.js';
import type { Operation } from '../../protocol/operation.js';
import type { Preferences } from '../../protocol/preferences.js';
import type { SyncResponse } from '../../protocol/sync-response.js';
import { ChangeApplier } from '../local-state/change-applier.js';
import type { ViewChange } from '../local-state/derive.js';
import { entriesBelow, idOfPart, STATE } from '../local-state/keys.js';
import { LocalView } from '../local-state/local-view.js';
import { dropOverAge } from '../local-state/scope.js';
import { type SyncState, stateOf } from '../local-state/sync-state.js';
import {
  enqueue,
  nextOperations,
  queueOf,
  rebasePending,
  renumber,
  undoOptimistic,
} from '../outbox/queue.js';
import type { Numbered, QueuedOperation } from '../outbox/queued-operation.js';
import type { Settled } from '../outbox/settle.js';
import type { Entry, LocalStore, StoreTransaction } from '../stores/local-store.js';
import { type StoredPage, storePage } from './store-page.js';

export interface LocalBoxOptions {
  store: LocalStore;
  generateId: () => string;
  nowMs: () => number;
  /** Runs after each transaction that changed the results of queries. */
  onChange: (change: ViewChange) => void;
}

/** The variable part of a request. It stays the same until the client stores the response. */
export type PageRequest = Pick<SyncState, 'instanceId' | 'syncToken'> & { operations: Numbered[] };

/** The user's message store on this device. Each method that changes it is one transaction. */
export class LocalBox {
  readonly #options: LocalBoxOptions;

  constructor(options: LocalBoxOptions) {
    this.#options = options;
  }

  /** Reads the state, and creates it in a new store. */
  state(): Promise<SyncState> {
    return this.#write(async (_, state) => state);
  }

  /** Applies operations optimistically and queues them. @returns the operations with their numbers. */
  perform(operationsOn: (view: LocalView) => Promise<readonly Operation[]>): Promise<Numbered[]> {
    return this.#change(async (view, state) => {
      const queued = await enqueue(view, state.nextN, await operationsOn(view));
      await view.tx.put(STATE, { ...state, nextN: state.nextN + queued.length });
      return queued.map(({ operation }) => operation);
    });
  }

  /** Operations without an answer, sorted by number. */
  pending(): Promise<Numbered[]> {
    return this.read(async (view) => {
      const queue = await queueOf(view);
      return queue.flatMap(({ operation, answered }) => (answered ? [] : [operation]));
    });
  }

  /** The next request. Its operations count as sent from now on. */
  nextPage(): Promise<PageRequest> {
    return this.#write(async (tx, state) => {
      const operations = nextOperations(await queueOf(new LocalView(tx)), state);
      const sentN = operations.at(-1)?.n ?? state.sentN;
      if (sentN !== state.sentN) await tx.put(STATE, { ...state, sentN });
      const { instanceId, syncToken } = state;
      return { instanceId, ...(syncToken !== undefined && { syncToken }), operations };
    });
  }

  /**
   * Stores the response to a request.
   * @returns undefined if another client of this store has synchronized meanwhile. Nothing is stored then.
   */
  async storePage(
    { instanceId, syncToken }: PageRequest,
    response: SyncResponse,
  ): Promise<StoredPage | undefined> {
    const stored = await this.#write(async (tx, state) =>
      state.instanceId === instanceId && state.syncToken === syncToken
        ? storePage(tx, state, response, this.#options.nowMs())
        : undefined,
    );
    if (stored) this.#notify(stored.change);
    return stored;
  }

  /**
   * Records the registration. It does not replace the effective scope: a page of the next synchronization does, because
   * the new scope is valid from that page on.
   * @returns false if the server knows other operations of this instance than the client sent. That happens after a
   * revocation, or after the client or the server was restored from a backup.
   */
  markRegistered(
    { instanceId, lastN, effective }: Device,
    preferences: Preferences | undefined,
  ): Promise<boolean> {
    return this.#write(async (tx, state) => {
      const queue = await queueOf(new LocalView(tx));
      if (state.instanceId !== instanceId) return false;
      const answeredN = (queue.find(({ answered }) => !answered)?.operation.n ?? state.nextN) - 1;
      if (lastN < answeredN || lastN > Math.max(answeredN, state.sentN)) return false;
      await tx.put(STATE, {
        ...state,
        registered: true,
        effective: state.effective ?? effective,
        ...(preferences && { preferences }),
      });
      return true;
    });
  }

  /** Passes each stored refusal to `emit`, then deletes it. After a crash it delivers the refusals again. */
  async deliverRefused(emit: (refused: Settled) => void): Promise<void> {
    const entries = await this.read(async ({ tx }) => {
      const found: Entry[] = [];
      for await (const entry of entriesBelow(tx, 'X')) found.push(entry);
      return found;
    });
    if (entries.length === 0) return;
    for (const [, refused] of entries) emit(refused as Settled);
    await this.#write(async (tx) => {
      for (const [key] of entries) await tx.delete(key);
    });
  }

  /** Drops messages that exceed the age limit of the scope. */
  prune(): Promise<void> {
    return this.#confirm(async (view, { generation, effective }) => {
      if (!effective) return;
      const applier = new ChangeApplier(view, generation, effective.elementTypes);
      await dropOverAge(view, applier, effective, this.#options.nowMs());
    });
  }

  /** Becomes a new instance of the device. Operations without an answer are renumbered and sent again. */
  renew(more: Partial<SyncState> = {}): Promise<void> {
    return this.#change(async (view, state) => {
      const instanceId = this.#options.generateId() as InstanceId;
      const numbers = await renumber(view);
      await view.tx.put(STATE, { ...state, ...more, ...numbers, instanceId, registered: false });
    });
  }

  /** Deletes everything, including operations that were not sent. The next state is a new instance. */
  async wipe(): Promise<void> {
    const conversations = await this.#write(async (tx) => {
      const ids: string[] = [];
      for await (const [key] of entriesBelow(tx, 'H')) ids.push(idOfPart(key.slice(2)));
      await tx.clear();
      return ids;
    });
    this.#notify({ folders: true, conversations });
  }

  /** Runs queries in a transaction that only reads. */
  read<T>(work: (view: LocalView) => Promise<T>): Promise<T> {
    return this.#options.store.transaction('read', (tx) => work(new LocalView(tx)));
  }

  #write<T>(work: (tx: StoreTransaction, state: SyncState) => Promise<T>): Promise<T> {
    const { store, generateId } = this.#options;
    return store.transaction('write', async (tx) => work(tx, await stateOf(tx, generateId)));
  }

  async #change<T>(work: (view: LocalView, state: SyncState) => Promise<T>): Promise<T> {
    const { value, change } = await this.#write(async (tx, state) => {
      const view = new LocalView(tx);
      const value = await work(view, state);
      return { value, change: await view.save() };
    });
    this.#notify(change);
    return value;
  }

  /** Changes confirmed elements, and rebases the pending operations onto them. */
  #confirm<T>(
    work: (view: LocalView, state: SyncState, queue: readonly QueuedOperation[]) => Promise<T>,
  ): Promise<T> {
    return this.#change(async (view, state) => {
      const queue = await queueOf(view);
      await undoOptimistic(view, queue);
      const value = await work(view, state, queue);
      await rebasePending(view, queue);
      return value;
    });
  }

  #notify(change: ViewChange): void {
    if (change.folders || change.conversations.length > 0) this.#options.onChange(change);
  }
}
