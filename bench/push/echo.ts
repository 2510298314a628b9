import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket, WebSocketServer } from 'ws';
import { type Times, timesOf } from '../support/timing.js';

const EVERY_MS = 20;

/** The floor: how long a bare WebSocket takes to return a frame under the same load. */
export class Echo {
  readonly #samples: number[] = [];
  #server: WebSocketServer | undefined;
  #socket: WebSocket | undefined;
  #over = false;

  async start(): Promise<void> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    this.#server = server;
    server.on('connection', (socket) => socket.on('message', (data) => socket.send(String(data))));
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const socket = new WebSocket(`ws://127.0.0.1:${port}`);
    this.#socket = socket;
    await once(socket, 'open');
    void this.#ping(socket);
  }

  async #ping(socket: WebSocket): Promise<void> {
    while (!this.#over) {
      const sentMs = performance.now();
      const answered = new Promise<void>((resolve) => socket.once('message', () => resolve()));
      socket.send('{"type":"syncRequest","modSeq":48214,"changes":{"message":3},"conversations":["c9"]}');
      await answered;
      this.#samples.push(performance.now() - sentMs);
      await delay(EVERY_MS);
    }
  }

  /** Round trips since the last call. */
  take(): Times {
    return timesOf(this.#samples.splice(0));
  }

  stop(): void {
    this.#over = true;
    this.#socket?.terminate();
    this.#server?.close();
  }
}
