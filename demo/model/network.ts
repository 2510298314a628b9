import { type Environment, platformEnvironment } from '../../client/sync/environment.js';
import type { WebSocketConstructor } from '../../client/sync/socket.js';
import type { Lane, Recorder } from './recorder.js';

/** The network of one device. It can be switched off, and a recorder records its traffic. */
export class Network {
  #isOn = true;
  readonly #listeners = new Set<() => void>();
  readonly #sockets = new Set<WebSocket>();
  /** The environment of the browser, but offline while this network is off. */
  readonly environment: Environment = {
    isOnline: () => this.#isOn && platformEnvironment.isOnline(),
    isVisible: platformEnvironment.isVisible,
    subscribe: (listener) => {
      this.#listeners.add(listener);
      const leave = platformEnvironment.subscribe(listener);
      return () => {
        this.#listeners.delete(listener);
        leave();
      };
    },
  };
  readonly fetch: typeof fetch;
  readonly WebSocket: WebSocketConstructor;

  constructor(lane: Lane, recorder: Recorder) {
    this.fetch = recorder.fetchOf(lane, async (input, init) => {
      if (!this.#isOn) throw new TypeError('This device is offline');
      return fetch(input, init);
    });
    const network = this;
    this.WebSocket = class extends WebSocket {
      constructor(url: string) {
        if (!network.#isOn) throw new TypeError('This device is offline');
        super(url);
        network.#sockets.add(this);
        this.addEventListener('close', () => network.#sockets.delete(this));
        this.addEventListener('message', ({ data }) => recorder.frame(lane, String(data)));
      }
    };
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** Switches the network. While it is off, requests fail and sockets are closed. */
  switch(isOn: boolean): void {
    this.#isOn = isOn;
    if (!isOn) for (const socket of this.#sockets) socket.close();
    for (const listener of this.#listeners) listener();
  }
}
