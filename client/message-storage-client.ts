import type { Device } from '../protocol/device.js';
import type { ServerFrame, SyncRequestFrame } from '../protocol/frames.js';
import type { Preferences } from '../protocol/preferences.js';
import type { SyncResponse } from '../protocol/sync.js';
import type { Applied } from './apply-changes.js';
import { CONNECTION_TIMINGS, type ConnectionTimings, keepConnected } from './connection.js';
import { Emitter } from './emitter.js';
import type { LocalStore } from './local-store.js';
import { isDenial, type ServerProblem } from './server-problem.js';
import type { WebSocketConstructor } from './socket.js';
import { SyncTimer } from './sync-timer.js';
import { Synchronizer, type SyncReport } from './synchronizer.js';
import type { Transport } from './transport.js';

/**
 * `denied`: the user has to sign in again, the device is no longer registered, or another instance of it is. Nothing is
 * tried any more until `start` is called again, after `register` where that is what was missing.
 */
export type ClientStatus =
  | { state: 'offline'; error?: unknown }
  | { state: 'connecting' }
  | { state: 'live' }
  | { state: 'denied'; problem: ServerProblem }
  | { state: 'stopped' };

export interface ClientEvents {
  status: ClientStatus;
  /** A page has been stored; `dropped` says what went and why. */
  changed: Applied;
  /** Of an initial synchronization or backfill; elements, `total` is an estimate. */
  progress: { sent: number; total: number };
  synchronized: SyncReport;
  /** A synchronization that nobody waits for has failed; it is tried again by itself. */
  failed: unknown;
  /** What the server has to say: a synchronization follows by itself. */
  syncRequest: SyncRequestFrame;
}

export interface ClientOptions {
  deviceId: string;
  transport: Transport;
  store: LocalStore;
  name?: string; // of the device, for its user
  preferences?: Preferences;
  /** The platform's, if it has one. Without any the client synchronizes by the timer alone. */
  WebSocket?: WebSocketConstructor;
  pageLimit?: number; // elements a response
  timings?: Partial<ConnectionTimings>;
  /** Aborting it stops the client. */
  signal?: AbortSignal;
}

/**
 * A Message Storage Client: keeps a local store in step with the user's box. It synchronizes on starting, when the
 * server asks for it, when the server's timer says so and on `synchronize()`, and recovers from everything that
 * time can heal.
 */
export class MessageStorageClient {
  readonly #options: ClientOptions;
  readonly #events = new Emitter<ClientEvents>();
  readonly #synchronizer: Synchronizer;
  readonly #timer = new SyncTimer(() => this.#synchronizeQuietly());
  readonly #stop = new AbortController();
  #status: ClientStatus = { state: 'offline' };
  #link?: { cut: AbortController; ended: Promise<void> };

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#synchronizer = new Synchronizer({
      ...options,
      prepare: () => this.#registerOnce(),
      onPage: (response, applied) => this.#pageStored(response, applied),
      onEnd: (report) => {
        this.#timer.succeeded();
        this.#events.emit('synchronized', report);
      },
      onFailure: (error) => {
        if (isDenial(error)) this.#deny(error);
        else this.#timer.failed();
      },
    });
    if (options.signal?.aborted) void this.stop();
    options.signal?.addEventListener('abort', this.#stopNow, { once: true });
  }

  get status(): ClientStatus {
    return this.#status;
  }

  /** Returns the function that takes the listener away again. */
  on<Name extends keyof ClientEvents>(name: Name, listener: (value: ClientEvents[Name]) => void): () => void {
    return this.#events.on(name, listener);
  }

  /**
   * Registers the device with its name and preferences, or changes them. The first synchronization of a new local
   * store does it by itself; later ones do not, so that a device that was revoked stays so until somebody decides.
   * @throws what Transport throws.
   */
  async register(): Promise<Device> {
    const { deviceId, name, preferences, store, transport } = this.#options;
    const { instanceId } = await store.transaction((tx) => tx.state());
    const registration = { instanceId, ...(name && { name }), ...(preferences && { preferences }) };
    const device = await transport.registerDevice(deviceId, registration, this.#stop.signal);
    await store.transaction(async (tx) => tx.setState({ ...(await tx.state()), registered: true }));
    return device;
  }

  /** Synchronizes and keeps doing so until `stop`. Does not wait: `status` tells how it goes. */
  start(): void {
    if (this.#link || this.#stop.signal.aborted) return;
    const cut = new AbortController();
    const ended = this.#run(cut.signal).catch((error) => this.#failed(error));
    this.#link = { cut, ended };
  }

  /**
   * Synchronizes once: resolves when one that began after this call has ended. One runs at a time. A device of a new
   * local store is registered first.
   * @throws what Transport throws.
   */
  synchronize(): Promise<SyncReport> {
    return this.#synchronizer.synchronize();
  }

  /** Ends everything for good: no timer, socket or request is left when it resolves. What is held stays. */
  async stop(): Promise<void> {
    this.#options.signal?.removeEventListener('abort', this.#stopNow);
    this.#stop.abort();
    this.#synchronizer.stop();
    const link = this.#cutLink();
    await link?.ended;
    this.#setStatus({ state: 'stopped' });
  }

  readonly #stopNow = (): void => void this.stop();

  #cutLink() {
    const link = this.#link;
    this.#link = undefined;
    this.#timer.stop();
    link?.cut.abort();
    return link;
  }

  async #registerOnce(): Promise<void> {
    const { registered } = await this.#options.store.transaction((tx) => tx.state());
    if (!registered) await this.register();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { deviceId, timings, transport } = this.#options;
    const WebSocket = this.#options.WebSocket ?? (globalThis.WebSocket as WebSocketConstructor | undefined);
    this.#timer.start();
    if (!WebSocket) return this.#synchronizeQuietly();
    await keepConnected(
      {
        // First of all, so that an instance that was replaced learns of it before it takes its successor's connection.
        prepare: () => this.synchronize(),
        ticketUrl: async () => (await transport.issueTicket(deviceId, signal)).url,
        WebSocket,
        timings: { ...CONNECTION_TIMINGS, ...timings },
        onStatus: (status) => this.#setStatus(status),
        onFrame: (frame) => this.#frameArrived(frame),
        isFinal: isDenial,
      },
      signal,
    );
  }

  #frameArrived(frame: ServerFrame): void {
    if (frame.type !== 'syncRequest') return;
    this.#events.emit('syncRequest', frame);
    this.#synchronizeQuietly();
  }

  #synchronizeQuietly(): void {
    this.synchronize().catch((error) => this.#failed(error));
  }

  #pageStored(response: SyncResponse, applied: Applied): void {
    if (response.nextSyncAfterSeconds) this.#timer.setPeriod(response.nextSyncAfterSeconds);
    if (applied.received.length > 0 || applied.dropped.length > 0) this.#events.emit('changed', applied);
    if (response.backfill) this.#events.emit('progress', response.backfill);
  }

  #failed(error: unknown): void {
    if (isDenial(error)) this.#deny(error);
    else if (!this.#stop.signal.aborted) this.#events.emit('failed', error);
  }

  #deny(problem: ServerProblem): void {
    this.#cutLink();
    this.#setStatus({ state: 'denied', problem });
  }

  #setStatus(status: ClientStatus): void {
    const ended = this.#stop.signal.aborted && status.state !== 'stopped';
    if (ended || (status.state === this.#status.state && status.state !== 'offline')) return;
    this.#status = status;
    this.#events.emit('status', status);
  }
}
