import type { Device } from '../../protocol/device.js';
import type { HistoryResponse } from '../../protocol/history.js';
import type { Operation } from '../../protocol/operation.js';
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
import type { HistoryRequest } from '../sync/transport.js';
import { BoxWriter } from './box-writer.js';
import type { ClientOptions } from './client-options.js';
import { randomId } from './random-id.js';

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

const isAbort = (error: unknown): boolean => (error as Error | undefined)?.name === 'AbortError';

/**
 * A Message Storage Client: keeps a local store in step with the user's box, in both directions. It synchronizes on
 * starting, when the user has done something, when the server asks for it, when the timer says so, when it comes back
 * online and on `synchronize()`, and recovers from everything that time can heal.
 */
export class MessageStorageClient extends BoxWriter {
  protected readonly box: LocalBox;
  readonly #options: ClientOptions;
  readonly #events = new Emitter<ClientEvents>();
  readonly #registration: Registration;
  readonly #synchronizer: Synchronizer;
  readonly #timer: SyncTimer;
  readonly #stop = new AbortController();
  readonly #tabs?: TabCoordinator;
  readonly #environment;
  readonly #leaveEnvironment: () => void;
  readonly #told = new Set<string>();
  #wasOnline: boolean;
  #status: ClientStatus = { state: 'offline' };
  #link?: { cut: AbortController; ended: Promise<void> };
  #isLeading = false;

  constructor(options: ClientOptions) {
    super();
    const { periodic = {}, environment = platformEnvironment } = options;
    this.#options = options;
    this.#environment = environment;
    this.#wasOnline = environment.isOnline();
    this.#leaveEnvironment = environment.subscribe(() => this.#environmentChanged());
    this.box = new LocalBox({
      store: options.store,
      generateId: options.generateId ?? randomId,
      nowMs: () => this.nowMs(),
      onChange: (change) => this.#emit('changed', change),
    });
    this.#registration = new Registration(options, this.box, () => this.nowMs(), this.#stop.signal);
    this.#timer = new SyncTimer(
      () => this.#synchronizeQuietly(),
      () =>
        (periodic.whileHidden !== false || environment.isVisible()) &&
        (periodic.whileOffline !== false || environment.isOnline()),
    );
    if (periodic.everySeconds) this.#timer.setPeriod(periodic.everySeconds);
    this.#synchronizer = new Synchronizer({
      ...options,
      box: this.box,
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
    const { sharing } = options.store;
    if (sharing) {
      this.#tabs = sharing.join({
        isLeading: () => this.#isLeading,
        onEvent: (name, value) => {
          if (name === 'status' && !this.#isLeading && this.#link)
            this.#setStatus(value as ClientStatus, false);
          else if (name === 'refused') this.#tellOnce(value as Settled);
          else if (name !== 'status') this.#events.emit(name, value);
        },
        onHello: () => this.#tabs?.broadcastEvent('status', this.#status),
        onWritten: () => this.#synchronizeQuietly(),
        onRefused: () => this.#tellRefusedQuietly(),
      });
    }
    if (options.signal?.aborted) void this.stop();
    options.signal?.addEventListener('abort', this.#stopNow, { once: true });
  }

  get status(): ClientStatus {
    return this.#status;
  }

  /** Returns the function that takes the listener away again. */
  override on<Name extends keyof ClientEvents>(
    name: Name,
    listener: (value: ClientEvents[Name]) => void,
  ): () => void {
    const off = this.#events.on(name, listener);
    if (name === 'refused') this.#tellRefusedQuietly(); // what was refused before the application was closed
    return off;
  }

  /**
   * Registers the device with its name and preferences, or changes them. The first synchronization of a new local
   * store does it by itself; later ones do not, so that a device that was revoked stays so until somebody decides.
   * @throws what Transport throws.
   */
  register(): Promise<Device> {
    return this.#registration.register();
  }

  /**
   * Changes what is kept synchronized with this device. What leaves the scope goes, and what comes in follows, with the
   * next synchronization.
   * @throws what Transport throws; nothing is changed then.
   */
  async setPreferences(preferences: Preferences): Promise<Device> {
    const device = await this.#registration.register(preferences);
    if (this.#link) this.#synchronizeQuietly();
    return device;
  }

  /** Synchronizes and keeps doing so until `pause` or `stop`. Does not wait: `status` tells how it goes. */
  start(): void {
    if (this.#link || this.#stop.signal.aborted) return;
    const cut = new AbortController();
    const ended = this.#run(cut.signal).catch((error) => this.#failed(error));
    this.#link = { cut, ended };
  }

  /** Ends connection and timer, and breaks off the synchronization that runs. What the user does is queued. */
  pause(): void {
    this.#cutLink();
    this.#synchronizer.abort();
    this.#setStatus({ state: 'paused' });
  }

  /** Goes on after `pause`. */
  resume(): void {
    this.start();
  }

  /**
   * Synchronizes once, also when paused: sends all that the user has done, and receives all that has changed. Resolves
   * when one that began after this call has ended; one runs at a time. A device of a new local store is registered first.
   * @throws what Transport throws, or the reason of the signal.
   */
  async synchronize({ signal }: { signal?: AbortSignal } = {}): Promise<SyncReport> {
    this.#stop.signal.throwIfAborted();
    return this.#synchronizer.synchronize(signal);
  }

  /** Ends everything for good: no timer, socket or request is left when it resolves. What is held stays. */
  async stop(): Promise<void> {
    this.#options.signal?.removeEventListener('abort', this.#stopNow);
    this.#leaveEnvironment();
    this.#tabs?.leave();
    this.#stop.abort();
    this.#synchronizer.abort();
    const link = this.#cutLink();
    await link?.ended;
    this.#setStatus({ state: 'stopped' });
  }

  /** Forgets everything that is held, and what was not sent: for a user who signs out. It goes on as a new device instance. */
  async wipe(): Promise<void> {
    const link = this.#cutLink();
    this.#synchronizer.abort();
    await link?.ended;
    await this.box.wipe();
    this.#setStatus({ state: 'offline' });
  }

  protected override askHistory(asked: HistoryRequest, signal = this.#stop.signal): Promise<HistoryResponse> {
    return this.#options.transport.history(this.#options.deviceId, asked, signal);
  }

  protected override check(operation: Operation): Operation {
    return this.#options.check?.(operation) ?? operation;
  }

  protected override nowMs(): number {
    return this.#options.nowMs?.() ?? Date.now();
  }

  protected override performed(): void {
    if (this.#link && !this.#isLeading) this.#tabs?.broadcast('written');
    else if (this.#link) this.#synchronizeQuietly();
  }

  readonly #stopNow = (): void => void this.stop();

  #cutLink() {
    const link = this.#link;
    this.#link = undefined;
    this.#timer.stop();
    link?.cut.abort();
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

  async #lead(signal: AbortSignal): Promise<void> {
    const { deviceId, timings, transport, periodic } = this.#options;
    const WebSocket = this.#options.WebSocket ?? (globalThis.WebSocket as WebSocketConstructor | undefined);
    const { periodSeconds } = await this.box.state();
    if (periodSeconds && !periodic?.everySeconds) this.#timer.setPeriod(periodSeconds);
    if (signal.aborted) return;
    await this.box.prune();
    this.#timer.start();
    if (!WebSocket) {
      this.#synchronizeQuietly();
      return untilAborted(signal);
    }
    await keepConnected(
      {
        // First of all, so that an instance that was replaced learns of it before it takes its successor's connection.
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

  /** Back online it does not wait for what was planned after the failures before. */
  #environmentChanged(): void {
    const isOnline = this.#environment.isOnline();
    const isBack = isOnline && !this.#wasOnline;
    this.#wasOnline = isOnline;
    if (!this.#link) return;
    this.#timer.reconsider();
    if (!isBack) return;
    if (this.#status.state === 'live') this.#synchronizeQuietly();
    else {
      this.#cutLink();
      this.start();
    }
  }

  #requested(frame: SyncRequestFrame): void {
    this.#emit('syncRequest', frame);
    this.#synchronizeQuietly();
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
    await this.#tellRefused();
  }

  /** Tells of operations that were refused, in whichever tab somebody listens; until then they are kept. */
  async #tellRefused(): Promise<void> {
    if (!this.#events.hasListeners('refused')) return;
    await this.box.deliverRefused((refused) => {
      this.#tellOnce(refused);
      this.#tabs?.broadcastEvent('refused', refused);
    });
  }

  #tellRefusedQuietly(): void {
    this.#tellRefused().catch((error) => this.#failed(error));
  }

  /** Several may find one at a time. */
  #tellOnce(refused: Settled): void {
    const name = JSON.stringify(refused);
    if (!this.#told.has(name)) this.#events.emit('refused', refused);
    this.#told.add(name);
  }

  #failed(error: unknown): void {
    if (isDenial(error)) this.#deny(error);
    else if (!isAbort(error)) this.#events.emit('failed', error);
  }

  #deny(problem: ServerProblem): void {
    this.#cutLink();
    this.#setStatus({ state: 'denied', problem });
  }

  #emit<Name extends keyof ClientEvents>(name: Name, value: ClientEvents[Name]): void {
    this.#events.emit(name, value);
    this.#tabs?.broadcastEvent(name, value);
  }

  #setStatus(status: ClientStatus, isOwn = true): void {
    const ended = this.#stop.signal.aborted && status.state !== 'stopped';
    if (ended || (status.state === this.#status.state && status.state !== 'offline')) return;
    this.#status = status;
    this.#events.emit('status', status);
    if (isOwn && this.#isLeading) this.#tabs?.broadcastEvent('status', status);
  }
}
