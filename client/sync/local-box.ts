import type { Device } from '../../protocol/device.js';
import type { InstanceId } from '../../protocol/ids.js';
import type { Operation } from '../../protocol/operation.js';
import type { Preferences } from '../../protocol/preferences.js';
import type { SyncResponse } from '../../protocol/sync-response.js';
import { Application } from '../local-state/apply-changes.js';
import type { Change } from '../local-state/derived.js';
import { Holdings } from '../local-state/holdings.js';
import { entriesBelow, idOfPart, STATE } from '../local-state/keys.js';
import { dropOld } from '../local-state/scope.js';
import { type SyncState, stateOf } from '../local-state/sync-state.js';
import { enqueue, lift, nextOperations, queueOf, relay, renumber } from '../outbox/queue.js';
import type { Numbered, QueuedOperation } from '../outbox/queued-operation.js';
import type { Settled } from '../outbox/settle.js';
import type { Entry, LocalStore, StoreTransaction } from '../stores/local-store.js';
import { type StoredPage, storePage } from './store-page.js';

export interface LocalBoxOptions {
  store: LocalStore;
  mintId: () => string;
  nowMs: () => number;
  /** After each transaction that changed what is shown. */
  onChange: (change: Change) => void;
}

/** What is sent as one request; the same again until its response is stored. */
export type AskedPage = Pick<SyncState, 'instanceId' | 'syncToken'> & { operations: Numbered[] };

/** The user's message store as this device has it: every change of it is one transaction here. */
export class LocalBox {
  constructor(private readonly options: LocalBoxOptions) {}

  state(): Promise<SyncState> {
    return this.#write(async (_, state) => state);
  }

  /** Does operations here and now, and queues them for the server. They carry their numbers when it resolves. */
  perform(operationsOn: (holdings: Holdings) => Promise<readonly Operation[]>): Promise<Numbered[]> {
    return this.#change(async (holdings, state) => {
      const queued = await enqueue(holdings, state.nextN, await operationsOn(holdings));
      await holdings.tx.put(STATE, { ...state, nextN: state.nextN + queued.length });
      return queued.map(({ operation }) => operation);
    });
  }

  /** Operations that are not answered yet, in the order in which they are sent. */
  pending(): Promise<Numbered[]> {
    return this.read(async (holdings) => {
      const queue = await queueOf(holdings);
      return queue.flatMap(({ operation, answered }) => (answered ? [] : [operation]));
    });
  }

  /** The next request. Its operations count as sent from here on. */
  nextPage(): Promise<AskedPage> {
    return this.#write(async (tx, state) => {
      const operations = nextOperations(await queueOf(new Holdings(tx)), state);
      const sentN = operations.at(-1)?.n ?? state.sentN;
      if (sentN !== state.sentN) await tx.put(STATE, { ...state, sentN });
      const { instanceId, syncToken } = state;
      return { instanceId, ...(syncToken !== undefined && { syncToken }), operations };
    });
  }

  /** @returns undefined where another client of the same store has got on meanwhile: then nothing is stored. */
  async storePage(
    { instanceId, syncToken }: AskedPage,
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
  registered(
    { instanceId, lastN, effective }: Device,
    preferences: Preferences | undefined,
  ): Promise<boolean> {
    return this.#write(async (tx, state) => {
      const queue = await queueOf(new Holdings(tx));
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
  async tellRefused(tell: (refused: Settled) => void): Promise<void> {
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
    return this.#confirm(async (holdings, { generation, effective }) => {
      if (!effective) return;
      const application = new Application(holdings, generation, effective.elementTypes);
      await dropOld(holdings, application, effective, this.options.nowMs());
    });
  }

  /** Goes on as another instance of the device: what is not answered is numbered anew and sent again. */
  renew(more: Partial<SyncState> = {}): Promise<void> {
    return this.#change(async (holdings, state) => {
      const instanceId = this.options.mintId() as InstanceId;
      const numbers = await renumber(holdings);
      await holdings.tx.put(STATE, { ...state, ...more, ...numbers, instanceId, registered: false });
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
  read<T>(work: (holdings: Holdings) => Promise<T>): Promise<T> {
    return this.options.store.transaction('read', (tx) => work(new Holdings(tx)));
  }

  #write<T>(work: (tx: StoreTransaction, state: SyncState) => Promise<T>): Promise<T> {
    const { store, mintId } = this.options;
    return store.transaction('write', async (tx) => work(tx, await stateOf(tx, mintId)));
  }

  async #change<T>(work: (holdings: Holdings, state: SyncState) => Promise<T>): Promise<T> {
    const { value, change } = await this.#write(async (tx, state) => {
      const holdings = new Holdings(tx);
      const value = await work(holdings, state);
      return { value, change: await holdings.save() };
    });
    this.#tell(change);
    return value;
  }

  /** Changes what is confirmed, beneath the operations that are not settled. */
  #confirm<T>(
    work: (holdings: Holdings, state: SyncState, queue: readonly QueuedOperation[]) => Promise<T>,
  ): Promise<T> {
    return this.#change(async (holdings, state) => {
      const queue = await queueOf(holdings);
      await lift(holdings, queue);
      const value = await work(holdings, state, queue);
      await relay(holdings, queue);
      return value;
    });
  }

  #tell(change: Change): void {
    if (change.folders || change.conversations.length > 0) this.options.onChange(change);
  }
}
