import type { Device } from '../../protocol/device.js';
import type { Preferences } from '../../protocol/preferences.js';
import type { SyncRequestFrame } from '../../protocol/sync-request-frame.js';
import type { SyncResponse } from '../../protocol/sync-response.js';
import type { Settled } from '../outbox/settle.js';
import type { ClientEvents, ClientStatus } from '../sync/client-events.js';
import { CONNECTION_TIMINGS, keepConnected } from '../sync/connection.js';
import { Emitter } from '../sync/emitter.js';
import { platformEnvironment } from '../sync/environment.js';
import { LocalBox } from '../sync/local-box.js';
import { Registration } from '../sync/registration.js';
import { isDenial, type ServerProblem } from '../sync/server-problem.js';
import type { WebSocketConstructor } from '../sync/socket.js';
import type { StoredPage } from '../sync/store-page.js';
import { SyncTimer } from '../sync/sync-timer.js';
import { Synchronizer, type SyncReport } from '../sync/synchronizer.js';
import type { TabCoordinator } from '../sync/tab-coordinator.js';
import { type BoxReader, createBoxReader } from './box-reader.js';
import { type BoxWriter, createBoxWriter } from './box-writer.js';
import type { ClientOptions } from './client-options.js';
import { randomId } from './random-id.js';

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

const isAbort = (error: unknown): boolean => (error as Error | undefined)?.name === 'AbortError';

/** The methods of BoxReader and BoxWriter are methods of the client. The constructor assigns them. */
export interface MessageStorageClient extends BoxReader, BoxWriter {}

/**
 * A Message Storage Client keeps a local store and the user's box the same. `BoxReader` documents its queries, and
 * `BoxWriter` the operations of the user.
 *
 * After `start` it synchronizes at once, after each operation of the user, on each synchronization request of the server,
 * periodically, and when the platform is back online. It retries after every failure that can pass.
 * @example
 * const client = new MessageStorageClient({ deviceId: 'phone', transport: httpTransport({ url, token }), store: memoryStore() });
 * client.start();
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the constructor assigns every merged member
export class MessageStorageClient {
  readonly #options: ClientOptions;
  readonly #box: LocalBox;
  readonly #events = new Emitter<ClientEvents>();
  readonly #registration: Registration;
  readonly #synchronizer: Synchronizer;
  readonly #timer: SyncTimer;
  readonly #stopped = new AbortController();
  readonly #tabs?: TabCoordinator;
  readonly #environment;
  readonly #leaveEnvironment: () => void;
  readonly #emittedRefusals = new Set<string>();
  #wasOnline: boolean;
  #status: ClientStatus = { state: 'offline' };
  #link?: { controller: AbortController; ended: Promise<void> };
  #isLeading = false;

  constructor(options: ClientOptions) {
    const { periodic = {}, environment = platformEnvironment, deviceId, transport } = options;
    const { nowMs = () => Date.now(), generateId = randomId } = options;
    this.#options = options;
    this.#environment = environment;
    this.#wasOnline = environment.isOnline();
    this.#leaveEnvironment = environment.subscribe(() => this.#environmentChanged());
    const box = new LocalBox({
      store: options.store,
      generateId,
      nowMs,
      onChange: (change) => this.#emit('changed', change),
    });
    this.#box = box;
    const { signal } = this.#stopped;
    Object.assign(
      this,
      createBoxReader({
        box,
        onChanged: (listener) => this.on('changed', listener),
        requestHistory: (request, aborted = signal) => transport.history(deviceId, request, aborted),
      }),
      createBoxWriter({
        box,
        nowMs,
        check: (operation) => options.check?.(operation) ?? operation,
        onQueued: () => this.#operationsQueued(),
      }),
    );
    this.#registration = new Registration(options, box, nowMs, signal);
    this.#timer = new SyncTimer(
      () => this.#synchronizeQuietly(),
      () =>
        (periodic.whileHidden !== false || environment.isVisible()) &&
        (periodic.whileOffline !== false || environment.isOnline()),
    );
    if (periodic.everySeconds) this.#timer.setPeriod(periodic.everySeconds);
    this.#synchronizer = new Synchronizer({
      ...options,
      box,
      prepare: () => this.#registration.ensureRegistered(),
      renews: async (reason) => {
        const isRenewed = await this.#registration.renew(reason);
        if (isRenewed) this.#emit('renewed', { reason });
        return isRenewed;
      },
      onPage: (response, page) => this.#pageStored(response, page),
      onEnd: (report) => {
        this.#timer.succeeded();
        this.#emit('synchronized', report);
      },
      onFailure: (error) => {
        if (isDenial(error)) this.#deny(error);
        else if (!isAbort(error)) this.#timer.failed();
      },
    });
    this.#tabs = options.store.sharing?.join({
      isLeading: () => this.#isLeading,
      onEvent: (name, value) => {
        if (name === 'status' && !this.#isLeading && this.#link)
          this.#setStatus(value as ClientStatus, false);
        else if (name === 'refused') this.#emitRefusedOnce(value as Settled);
        else if (name !== 'status') this.#events.emit(name, value);
      },
      onHello: () => this.#tabs?.broadcastEvent('status', this.#status),
      onWritten: () => this.#synchronizeQuietly(),
      onRefused: () => this.#deliverRefusedQuietly(),
    });
    if (options.signal?.aborted) void this.stop();
    options.signal?.addEventListener('abort', this.#stopNow, { once: true });
  }

  /** The current status. The event `status` reports each change. */
  get status(): ClientStatus {
    return this.#status;
  }

  /**
   * Adds a listener of one event. Refused operations wait in the local store until the first listener of `refused`.
   * @param name an event of `ClientEvents`, where each is described.
   * @param listener receives the value of the event. An error that it throws becomes an uncaught exception.
   * @returns the function that removes the listener.
   */
  on<Name extends keyof ClientEvents>(name: Name, listener: (value: ClientEvents[Name]) => void): () => void {
    const off = this.#events.on(name, listener);
    if (name === 'refused') this.#deliverRefusedQuietly();
    return off;
  }

  /**
   * Registers the device with its name and preferences, or updates its registration. The first synchronization of a new
   * local store registers the device by itself. Later ones do not, so that a revoked device stays revoked.
   * @returns the device as the server has registered it.
   * @throws ServerProblem, Unreachable or UnexpectedAnswer, or an AbortError after `stop`.
   */
  register(): Promise<Device> {
    return this.#registration.register();
  }

  /**
   * Changes the synchronization scope of this device. The next synchronization removes elements that leave the scope and
   * brings elements that enter it.
   * @param preferences replace all earlier preferences.
   * @returns the device as the server has registered it; `effective` is the new scope.
   * @throws ServerProblem, Unreachable or UnexpectedAnswer, or an AbortError after `stop`. Nothing changes then.
   */
  async setPreferences(preferences: Preferences): Promise<Device> {
    const device = await this.#registration.register(preferences);
    if (this.#link) this.#synchronizeQuietly();
    return device;
  }

  /**
   * Starts to synchronize, until `pause` or `stop`. It returns at once; `status` and its event report the progress. It has
   * no effect on a client that runs or that was stopped.
   */
  start(): void {
    if (this.#link || this.#stopped.signal.aborted) return;
    const controller = new AbortController();
    const ended = this.#run(controller.signal).catch((error) => this.#failed(error));
    this.#link = { controller, ended };
  }

  /**
   * Closes the connection, stops the timer, and aborts the synchronization that runs. Operations of the user stay queued.
   * Calls of `synchronize` that wait reject with an AbortError.
   */
  pause(): void {
    this.#disconnect();
    this.#synchronizer.abort();
    this.#setStatus({ state: 'paused' });
  }

  /** Starts again after `pause`. */
  resume(): void {
    this.start();
  }

  /**
   * Synchronizes once, also while paused: sends all queued operations and receives all changes. One synchronization runs
   * at a time, and calls during one share the next. The first one of a new local store registers the device.
   * @param options.signal ends the waiting, and the synchronization if no other call waits for it.
   * @returns the report of a synchronization that began after this call.
   * @throws ServerProblem, Unreachable or UnexpectedAnswer, the error of the local store, or the reason of the signal. After
   * `pause`, `stop` or `wipe`: an AbortError.
   */
  async synchronize({ signal }: { signal?: AbortSignal } = {}): Promise<SyncReport> {
    this.#stopped.signal.throwIfAborted();
    return this.#synchronizer.synchronize(signal);
  }

  /**
   * Stops the client for good. No timer, socket or request remains when it resolves. The local store keeps its contents,
   * and another client can open it.
   */
  async stop(): Promise<void> {
    this.#options.signal?.removeEventListener('abort', this.#stopNow);
    this.#leaveEnvironment();
    this.#tabs?.leave();
    this.#stopped.abort();
    this.#synchronizer.abort();
    const link = this.#disconnect();
    await link?.ended;
    this.#setStatus({ state: 'stopped' });
  }

  /**
   * Deletes everything in the local store, including operations that were not sent: for a user who signs out. The client
   * does not run afterwards. `start` registers it as a new instance of the device.
   * @throws the error of the local store.
   */
  async wipe(): Promise<void> {
    const link = this.#disconnect();
    this.#synchronizer.abort();
    await link?.ended;
    await this.#box.wipe();
    this.#setStatus({ state: 'offline' });
  }

  readonly #stopNow = (): void => void this.stop();

  #disconnect() {
    const link = this.#link;
    this.#link = undefined;
    this.#timer.stop();
    link?.controller.abort();
    return link;
  }

  #run(signal: AbortSignal): Promise<void> {
    const work = async () => {
      if (signal.aborted) return;
      this.#isLeading = true;
      await this.#lead(signal).finally(() => {
        this.#isLeading = false;
      });
    };
    return this.#tabs ? this.#tabs.lead(work, signal) : work();
  }

  /** Synchronizes and stays connected until the signal is aborted. Of the tabs of a browser only one does that. */
  async #lead(signal: AbortSignal): Promise<void> {
    const { deviceId, timings, transport, periodic } = this.#options;
    const WebSocket = this.#options.WebSocket ?? (globalThis.WebSocket as WebSocketConstructor | undefined);
    const { periodSeconds } = await this.#box.state();
    if (periodSeconds && !periodic?.everySeconds) this.#timer.setPeriod(periodSeconds);
    if (signal.aborted) return;
    await this.#box.prune();
    this.#timer.start();
    if (!WebSocket) {
      this.#synchronizeQuietly();
      return untilAborted(signal);
    }
    await keepConnected(
      {
        // Synchronize before connecting: a replaced instance must learn that before it takes its successor's connection.
        prepare: () => this.synchronize(),
        ticketUrl: async () => (await transport.issueTicket(deviceId, signal)).url,
        WebSocket,
        timings: { ...CONNECTION_TIMINGS, ...timings },
        onStatus: (status) => this.#setStatus(status),
        onRequest: (frame) => this.#requested(frame),
        isFinal: isDenial,
      },
      signal,
    );
  }

  /** Once the platform is back online, the client must not wait for the retry that earlier failures delayed. */
  #environmentChanged(): void {
    const isOnline = this.#environment.isOnline();
    const isBack = isOnline && !this.#wasOnline;
    this.#wasOnline = isOnline;
    if (!this.#link) return;
    this.#timer.reconsider();
    if (!isBack) return;
    if (this.#status.state === 'live') this.#synchronizeQuietly();
    else {
      this.#disconnect();
      this.start();
    }
  }

  #requested(frame: SyncRequestFrame): void {
    this.#emit('syncRequest', frame);
    this.#synchronizeQuietly();
  }

  #operationsQueued(): void {
    if (this.#link && !this.#isLeading) this.#tabs?.broadcast('written');
    else if (this.#link) this.#synchronizeQuietly();
  }

  #synchronizeQuietly(): void {
    this.synchronize().catch((error) => this.#failed(error));
  }

  async #pageStored(
    { nextSyncAfterSeconds, backfill }: SyncResponse,
    { applied, settled }: StoredPage,
  ): Promise<void> {
    if (nextSyncAfterSeconds && !this.#options.periodic?.everySeconds)
      this.#timer.setPeriod(nextSyncAfterSeconds);
    if (applied.received.length > 0 || applied.dropped.length > 0) this.#emit('received', applied);
    for (const each of settled) if (!each.isRefused) this.#emit('acknowledged', each);
    if (backfill) this.#emit('progress', backfill);
    if (!settled.some(({ isRefused }) => isRefused)) return;
    this.#tabs?.broadcast('refused');
    await this.#deliverRefused();
  }

  /** Emits refused operations in the tab that has a listener. The local store keeps them until then. */
  async #deliverRefused(): Promise<void> {
    if (!this.#events.hasListeners('refused')) return;
    await this.#box.deliverRefused((refused) => {
      this.#emitRefusedOnce(refused);
      this.#tabs?.broadcastEvent('refused', refused);
    });
  }

  #deliverRefusedQuietly(): void {
    this.#deliverRefused().catch((error) => this.#failed(error));
  }

  /** Several tabs may deliver one refusal at the same time, so a client ignores those that it has emitted. */
  #emitRefusedOnce(refused: Settled): void {
    const name = JSON.stringify(refused);
    if (!this.#emittedRefusals.has(name)) this.#events.emit('refused', refused);
    this.#emittedRefusals.add(name);
  }

  #failed(error: unknown): void {
    if (isDenial(error)) this.#deny(error);
    else if (!isAbort(error)) this.#events.emit('failed', error);
  }

  #deny(problem: ServerProblem): void {
    this.#disconnect();
    this.#setStatus({ state: 'denied', problem });
  }

  #emit<Name extends keyof ClientEvents>(name: Name, value: ClientEvents[Name]): void {
    this.#events.emit(name, value);
    this.#tabs?.broadcastEvent(name, value);
  }

  /** @param isOwn is false for the status that the leading tab broadcast. */
  #setStatus(status: ClientStatus, isOwn = true): void {
    const isOver = this.#stopped.signal.aborted && status.state !== 'stopped';
    if (isOver || (status.state === this.#status.state && status.state !== 'offline')) return;
    this.#status = status;
    this.#events.emit('status', status);
    if (isOwn && this.#isLeading) this.#tabs?.broadcastEvent('status', status);
  }
}
