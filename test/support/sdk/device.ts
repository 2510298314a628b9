import { checkOperation } from '../../../client/api/check-operation.js';
import { MessageStorageClient } from '../../../client/api/message-storage-client.js';
import { InvalidOperation } from '../../../client/outbox/invalid-operation.js';
import type { Settled } from '../../../client/outbox/settle.js';
import type { Entry, LocalStore } from '../../../client/stores/local-store.js';
import { memoryStore } from '../../../client/stores/memory-store.js';
import { ServerProblem, Unreachable } from '../../../client/sync/server-problem.js';
import type { Transport } from '../../../client/sync/transport.js';
import type { OperationInput } from '../../../protocol/operation.js';
import type { Preferences } from '../../../protocol/preferences.js';
import type { Happening } from '../model/coverage.js';
import { canonical, type WireEffective } from '../model/elements.js';
import { type Stage, Violation } from '../model/stage.js';
import { Crash, crashingStore, entriesOf, storeWith } from './crashing-store.js';
import { checkDerived } from './derived.js';
import { differences, expectedView, layersOf } from './expected.js';

/** How often an operation was requested, and its outcomes. The number of the operation does not matter. */
interface Account {
  asked: number;
  acknowledged: number;
  refused: number;
}

/** A device with a real client. After each crash it opens another client on the same store. */
export class SdkDevice {
  client!: MessageStorageClient;
  isBusy = false;
  isComplete = false; // its last synchronization has ended
  crashes = 0;
  crashProbability = 0;
  private kept: LocalStore = memoryStore();
  private backup: readonly Entry[] | undefined;
  private accounts = new Map<string, Account>();
  private isAccountable = true; // no operation was lost with a restored or deleted store
  private ids = 0;

  constructor(
    readonly deviceId: string,
    private readonly stage: Stage,
    private readonly transport: Transport,
    private readonly preferences: Preferences,
  ) {
    this.open();
  }

  async perform(operations: readonly OperationInput[]): Promise<void> {
    await this.surviving(async () => {
      try {
        const numbered = await this.client.perform(...operations);
        for (const { n: _, ...operation } of numbered) this.account(operation).asked += 1;
      } catch (error) {
        if (!(error instanceof InvalidOperation)) throw error;
        this.stage.note(() => `  ${this.deviceId} may not: ${error.message}`);
      }
    });
  }

  async markRead(conversationId: string): Promise<void> {
    await this.surviving(async () => {
      const numbered = await this.client.markRead(conversationId);
      for (const { n: _, ...operation } of numbered) this.account(operation).asked += 1;
    });
  }

  /** @returns whether the synchronization succeeded. */
  async synchronize(): Promise<boolean> {
    this.isComplete = false;
    await this.surviving(async () => {
      try {
        await this.client.synchronize();
        this.isComplete = true;
      } catch (error) {
        if (error instanceof ServerProblem && error.kind === 'device-not-registered')
          await this.client.register();
        else if (!isPassing(error)) throw error;
      }
    });
    return this.isComplete;
  }

  setPreferences(preferences: Preferences): Promise<void> {
    return this.surviving(async () => void (await this.client.setPreferences(preferences)));
  }

  wipe(): Promise<void> {
    this.isAccountable = false;
    return this.surviving(() => this.client.wipe());
  }

  async backUp(): Promise<void> {
    this.backup = await entriesOf(this.kept);
  }

  /** Restores the backup of the local database. */
  async rollBack(): Promise<boolean> {
    if (!this.backup) return false;
    this.isAccountable = false;
    this.kept = await storeWith(this.backup);
    this.hit('client opened on an earlier store');
    this.open();
    return true;
  }

  forgetBackup(): void {
    this.backup = undefined;
  }

  async confirmedModSeqOf(name: string): Promise<number | undefined> {
    return layersOf(await entriesOf(this.kept)).confirmed.get(name)?.modSeq;
  }

  /** Whether an operation waits for an answer. */
  async hasPending(): Promise<boolean> {
    return layersOf(await entriesOf(this.kept)).queue.length > 0;
  }

  async effective(): Promise<WireEffective | undefined> {
    const state = (await entriesOf(this.kept)).find(([key]) => key === 'state')?.[1];
    return (state as { effective?: WireEffective } | undefined)?.effective;
  }

  /** Invariant: the shown elements are the confirmed ones with the operations of the queue applied. */
  async checkShown(): Promise<ReturnType<typeof layersOf>> {
    const entries = await entriesOf(this.kept);
    const layers = layersOf(entries);
    const wrong = differences(expectedView(layers.confirmed, layers.queue), layers.shown);
    wrong.push(...checkDerived(entries, layers.shown, layers.confirmed));
    if (wrong.length > 0) throw new Violation(`${this.deviceId} shows\n${wrong.join('\n')}`);
    return layers;
  }

  /** Invariant after quiet: each operation was acknowledged or refused once. */
  async checkAccounts(): Promise<void> {
    if (!this.isAccountable) return;
    for (const [operation, { asked, acknowledged, refused }] of this.accounts) {
      const emitted = acknowledged + refused;
      // A crash after a commit loses the event of a request or acknowledgement. A crash before it repeats refusals.
      const isOnce =
        this.crashes === 0 ? emitted === asked : emitted <= (asked + this.crashes) * (1 + this.crashes);
      if (!isOnce)
        throw new Violation(
          `${this.deviceId} asked ${asked} times for ${operation}: ${acknowledged} acknowledged, ${refused} refused`,
        );
    }
  }

  /** Opens a client on the store. */
  private open(): void {
    const store = crashingStore(this.kept, this.stage.chance, () => this.crashProbability);
    const { chance, time } = this.stage;
    this.client = new MessageStorageClient({
      deviceId: this.deviceId,
      transport: this.transport,
      store,
      preferences: this.preferences,
      pageLimit: chance.happens(0.7) ? chance.between(1, 20) : chance.pick([50, 200, 1000]),
      nowMs: () => time.now(),
      ...(chance.happens(0.5) && { check: checkOperation }),
      generateId: () => `${this.deviceId}-${++this.ids}`,
    });
    this.client.on('refused', ({ operation }) => this.count(operation, 'refused'));
    this.client.on('renewed', () => this.hit('instance renewed'));
    this.client.on('acknowledged', ({ operation }) => this.count(operation, 'acknowledged'));
  }

  private hit(what: string): void {
    this.stage.hit(what as Happening);
  }

  private count({ n: _, ...operation }: Settled['operation'], how: 'acknowledged' | 'refused'): void {
    this.stage.note(() => `  ${this.deviceId} gets ${how}: ${canonical(operation)}`);
    this.hit(`operation ${how}`);
    this.account(operation)[how] += 1;
  }

  private account(operation: object): Account {
    const name = canonical(operation);
    const account = this.accounts.get(name) ?? { asked: 0, acknowledged: 0, refused: 0 };
    this.accounts.set(name, account);
    return account;
  }

  private async surviving(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (error instanceof Crash) {
        this.stage.note(() => `  ${this.deviceId} crashes`);
        this.hit('client crashed');
        this.crashes += 1;
        this.open();
      } else if (!isPassing(error)) throw error;
    }
  }
}

/** Whether the client retries after this error. */
const isPassing = (error: unknown): boolean =>
  error instanceof Unreachable ||
  (error instanceof ServerProblem && (error.kind === 'busy' || error.kind === 'instance-replaced')) ||
  (error as Error).name === 'AbortError';
