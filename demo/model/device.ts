import { indexedDbStore } from '../../client/api/indexed-db-store.js';
import type { ClientStatus, Settled, SyncReport } from '../../client/index.js';
import {
  httpTransport,
  type LocalStore,
  MessageStorageClient,
  type Preferences,
} from '../../client/index.js';
import { type HttpCaller, httpCaller, type TokenSource } from '../../client/sync/http-caller.js';
import { type Device, deviceSchema } from '../../protocol/device.js';
import { Network } from './network.js';
import type { Recorder } from './recorder.js';
import { Store } from './store.js';

export type DeviceId = 'phone' | 'tablet';

/** The state of a device that its pane shows, without the messages. */
export interface DeviceView {
  readonly status: ClientStatus;
  readonly isOnline: boolean;
  readonly isSynchronizing: boolean; // on request of the user
  readonly progress?: { readonly sent: number; readonly total: number };
  readonly last?: { readonly report: SyncReport; readonly atMs: number };
  readonly waiting: number; // operations that the server has not answered
  readonly notice?: string; // a refusal or failure
  readonly timerSeconds: number; // 0: the period of the server
  readonly life: number; // increases with each new client and each wipe, so that views read again
}

export interface DeviceOptions {
  readonly deviceId: DeviceId;
  readonly name: string;
  readonly user: string;
  readonly url: string;
  readonly token: TokenSource;
  readonly recorder: Recorder;
}

/** Above the default, so that a burst of 200 fits into one page. Unit: elements. */
const PAGE_LIMIT = 250;

export const databaseOf = (user: string, deviceId: DeviceId): string => `cpm-sync demo ${user} ${deviceId}`;

/** A device of the demo: a real Message Storage Client with its own database, and switches for its network and timer. */
export class DemoDevice {
  readonly view = new Store<DeviceView>({
    status: { state: 'offline' },
    isOnline: true,
    isSynchronizing: false,
    waiting: 0,
    timerSeconds: 0,
    life: 0,
  });
  readonly #network: Network;
  readonly #call: HttpCaller;
  readonly #store: LocalStore;
  client: MessageStorageClient;

  constructor(readonly options: DeviceOptions) {
    const { deviceId, user, url, token, recorder } = options;
    this.#network = new Network(deviceId, recorder);
    this.#call = httpCaller({ url, token, fetch: this.#network.fetch, attempts: 1 });
    this.#store = indexedDbStore(databaseOf(user, deviceId));
    this.client = this.#newClient();
  }

  get id(): DeviceId {
    return this.options.deviceId;
  }

  get name(): string {
    return this.options.name;
  }

  get user(): string {
    return this.options.user;
  }

  switchNetwork(isOn: boolean): void {
    this.#network.switch(isOn);
    this.view.update({ isOnline: isOn, notice: undefined });
  }

  /** Synchronizes on request of the user. The pane shows failures. */
  async synchronize(): Promise<void> {
    this.view.update({ isSynchronizing: true, notice: undefined });
    try {
      await this.client.synchronize();
    } catch (error) {
      if (!this.#network.isOn) this.#showNotice('Not synchronized: this device is offline.');
      else this.#showNotice(`Not synchronized: ${(error as Error).message}`);
    } finally {
      this.view.update({ isSynchronizing: false });
    }
  }

  /** Replaces the client by one with another period, on the same store. 0: the period of the server. */
  async setTimer(seconds: number): Promise<void> {
    this.view.update({ timerSeconds: seconds });
    await this.client.stop();
    this.client = this.#newClient();
    this.#beginLife();
    this.client.start();
  }

  /** The registration of the device on the server. @throws as HttpCaller. */
  registered(): Promise<Device> {
    const path = `/v1/devices/${encodeURIComponent(this.id)}`;
    return this.#call({ method: 'GET', path, answer: deviceSchema });
  }

  /** @throws as `setPreferences` of the client. Nothing changes then. */
  async setPreferences(preferences: Preferences): Promise<void> {
    await this.client.setPreferences(preferences);
  }

  /** Deletes the local store and starts an initial synchronization. */
  async startOver(): Promise<void> {
    await this.client.wipe();
    this.view.update({ progress: undefined, last: undefined, waiting: 0, notice: undefined });
    this.#beginLife();
    this.client.start();
  }

  /** Registers the device after the server answered that it is not registered. */
  async registerAgain(): Promise<void> {
    try {
      await this.client.register();
      this.view.update({ notice: undefined });
      this.client.start();
    } catch (error) {
      this.#showNotice(`Not registered: ${(error as Error).message}`);
    }
  }

  dismiss(): void {
    this.view.update({ notice: undefined });
  }

  #newClient(): MessageStorageClient {
    const { deviceId, name, url, token } = this.options;
    const { timerSeconds } = this.view.value;
    const { fetch, WebSocket, environment } = this.#network;
    const client = new MessageStorageClient({
      deviceId,
      name,
      transport: httpTransport({ url, token, fetch }),
      store: this.#store,
      WebSocket,
      environment,
      pageLimit: PAGE_LIMIT,
      ...(timerSeconds > 0 && { periodic: { everySeconds: timerSeconds } }),
    });
    client.on('status', (status) => {
      if (status.state !== 'stopped') this.view.update({ status });
    });
    client.on('progress', (progress) => this.view.update({ progress }));
    client.on('synchronized', (report) => {
      this.view.update({ last: { report, atMs: Date.now() }, progress: undefined });
      this.#countWaiting();
    });
    client.on('changed', () => this.#countWaiting());
    client.on('refused', ({ operation, status, problem }) =>
      this.#showNotice(refusal(operation, status, problem)),
    );
    client.on('renewed', ({ reason }) => this.#showNotice(`This device is now a new instance (${reason}).`));
    return client;
  }

  #countWaiting(): void {
    const { client } = this;
    client.pending().then(
      ({ length }) => client === this.client && this.view.update({ waiting: length }),
      () => undefined, // the store was closed
    );
  }

  #beginLife(): void {
    this.view.update({ life: this.view.value.life + 1 });
  }

  #showNotice(notice: string): void {
    this.view.update({ notice });
  }
}

function refusal(
  { op, type }: Settled['operation'],
  status: Settled['status'],
  problem: Settled['problem'],
): string {
  const why = problem?.errors?.map(({ pointer, detail }) => `${pointer} ${detail}`).join('; ');
  return `The server refused to ${op} a ${type} (${status}${why ? `: ${why}` : ''}). This device has undone it.`;
}
