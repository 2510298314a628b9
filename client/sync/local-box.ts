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
  /** After each transaction that changed what is shown. */
  onChange: (change: ViewChange) => void;
}

/** What is sent as one request; the same again until its response is stored. */
export type PageRequest = Pick<SyncState, 'instanceId' | 'syncToken'> & { operations: Numbered[] };

/** The user's message store as this device has it: every change of it is one transaction here. */
export class LocalBox {
  constructor(private readonly options: LocalBoxOptions) {}

  state(): Promise<SyncState> {
    return this.#write(async (_, state) => state);
  }

  /** Does operations here and now, and queues them for the server. They carry their numbers when it resolves. */
  perform(operationsOn: (view: LocalView) => Promise<readonly Operation[]>): Promise<Numbered[]> {
    return this.#change(async (view, state) => {
      const queued = await enqueue(view, state.nextN, await operationsOn(view));
      await view.tx.put(STATE, { ...state, nextN: state.nextN + queued.length });
      return queued.map(({ operation }) => operation);
    });
  }

  /** Operations that are not answered yet, in the order in which they are sent. */
  pending(): Promise<Numbered[]> {
    return this.read(async (view) => {
      const queue = await queueOf(view);
      return queue.flatMap(({ operation, answered }) => (answered ? [] : [operation]));
    });
  }

  /** The next request. Its operations count as sent from here on. */
  nextPage(): Promise<PageRequest> {
    return this.#write(async (tx, state) => {
      const operations = nextOperations(await queueOf(new LocalView(tx)), state);
      const sentN = operations.at(-1)?.n ?? state.sentN;
      if (sentN !== state.sentN) await tx.put(STATE, { ...state, sentN });
      const { instanceId, syncToken } = state;
      return { instanceId, ...(syncToken !== undefined && { syncToken }), operations };
    });
  }

  /** @returns undefined where another client of the same store has got on meanwhile: then nothing is stored. */
  async storePage(
    { instanceId, syncToken }: PageRequest,
    response: SyncResponse,
  ): Promise<StoredPage | undefined> {
    const stored = await this.#write(async (tx, state) =>
      state.instanceId === instanceId && state.syncToken === syncToken
        ? storePage(tx, state, response, this.options.nowMs())
        : undefined,
    );
    if (stored) this.#tell(stored.change);
    return stored;
  }

  /**
   * The device is registered as `device` says. A scope that takes the place of another is for the next synchronization to
   * bring, which says from where on it holds.
   * @returns false where the server knows other operations of this instance than were sent, as after a revocation or
   * when one of the two was restored from a backup.
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

  /** Tells of the operations that were refused, each until it has been told: also of those that a crash kept back. */
  async deliverRefused(tell: (refused: Settled) => void): Promise<void> {
    const entries = await this.read(async ({ tx }) => {
      const found: Entry[] = [];
      for await (const entry of entriesBelow(tx, 'X')) found.push(entry);
      return found;
    });
    if (entries.length === 0) return;
    for (const [, refused] of entries) tell(refused as Settled);
    await this.#write(async (tx) => {
      for (const [key] of entries) await tx.delete(key);
    });
  }

  /** Drops what has grown too old for the scope. */
  prune(): Promise<void> {
    return this.#confirm(async (view, { generation, effective }) => {
      if (!effective) return;
      const applier = new ChangeApplier(view, generation, effective.elementTypes);
      await dropOverAge(view, applier, effective, this.options.nowMs());
    });
  }

  /** Goes on as another instance of the device: what is not answered is numbered anew and sent again. */
  renew(more: Partial<SyncState> = {}): Promise<void> {
    return this.#change(async (view, state) => {
      const instanceId = this.options.generateId() as InstanceId;
      const numbers = await renumber(view);
      await view.tx.put(STATE, { ...state, ...more, ...numbers, instanceId, registered: false });
    });
  }

  /** Forgets everything, what was not sent too. What is held from here on is another instance's. */
  async wipe(): Promise<void> {
    const conversations = await this.#write(async (tx) => {
      const ids: string[] = [];
      for await (const [key] of entriesBelow(tx, 'C')) ids.push(idOfPart(key.slice(2)));
      await tx.clear();
      return ids;
    });
    this.#tell({ folders: true, conversations });
  }

  /** Reads what is held, without keeping others from it. */
  read<T>(work: (view: LocalView) => Promise<T>): Promise<T> {
    return this.options.store.transaction('read', (tx) => work(new LocalView(tx)));
  }

  #write<T>(work: (tx: StoreTransaction, state: SyncState) => Promise<T>): Promise<T> {
    const { store, generateId } = this.options;
    return store.transaction('write', async (tx) => work(tx, await stateOf(tx, generateId)));
  }

  async #change<T>(work: (view: LocalView, state: SyncState) => Promise<T>): Promise<T> {
    const { value, change } = await this.#write(async (tx, state) => {
      const view = new LocalView(tx);
      const value = await work(view, state);
      return { value, change: await view.save() };
    });
    this.#tell(change);
    return value;
  }

  /** Changes what is confirmed, beneath the operations that are not settled. */
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

  #tell(change: ViewChange): void {
    if (change.folders || change.conversations.length > 0) this.options.onChange(change);
  }
}
