import { setTimeout as delay } from 'node:timers/promises';
import type { Device, WireChange, WireSync } from './cloud.js';
import { CloudSocket, type SyncRequest } from './cloud-socket.js';

const AGAIN_MS = 100;

/**
 * A device that synchronizes only after a synchronization request: it misses every change without one. Like a
 * client, it reconnects when its connection is lost, and repeats a request that got no answer.
 */
export class Listener {
  /** Ids of the messages that it holds. */
  readonly messages = new Set<string>();
  /** The last commit that a synchronization request announced, and the time. */
  announced = { modSeq: 0, atMs: 0 };
  frames = 0;
  socket: CloudSocket | undefined;
  #asked = false;
  #synchronizing: Promise<void> | undefined;
  #over = false;

  constructor(
    readonly device: Device,
    readonly windowMs: number,
  ) {}

  /** Connects, and retries until it has a connection. */
  async connect(): Promise<void> {
    while (!this.#over) {
      try {
        const socket = await CloudSocket.open(await this.device.ticketUrl());
        socket.socket.on('message', (data) => this.#received(JSON.parse(String(data))));
        for (const { frame } of socket.frames) this.#received(frame); // arrived together with the opening
        this.socket = socket;
        return;
      } catch {
        await delay(AGAIN_MS);
      }
    }
  }

  get isConnected(): boolean {
    return this.socket?.isOpen ?? false;
  }

  /** Closes the connection, with or without a close frame. */
  async disconnect(isSudden: boolean): Promise<void> {
    if (isSudden) this.socket?.socket.terminate();
    else await this.socket?.close();
    this.socket = undefined;
  }

  /** Synchronizes without being asked, so that the device is up to date. */
  synchronize(): Promise<void> {
    this.#asked = true;
    this.#synchronizing ??= this.#run().finally(() => {
      this.#synchronizing = undefined;
    });
    return this.#synchronizing;
  }

  /** Waits until the running synchronization has finished. */
  async synchronized(): Promise<void> {
    await this.#synchronizing;
  }

  async stop(): Promise<void> {
    this.#over = true;
    await this.disconnect(true);
    await this.#synchronizing;
  }

  #received(frame: { type: string }): void {
    if (frame.type !== 'syncRequest') return;
    this.frames++;
    this.announced = {
      modSeq: Math.max(this.announced.modSeq, (frame as SyncRequest).modSeq),
      atMs: Date.now(),
    };
    void this.synchronize();
  }

  async #run(): Promise<void> {
    while (this.#asked && !this.#over) {
      this.#asked = false;
      for (let hasMore = true; hasMore && !this.#over; ) hasMore = await this.#page();
    }
  }

  async #page(): Promise<boolean> {
    const { device } = this;
    const request = { ...(device.syncToken !== undefined && { syncToken: device.syncToken }), limit: 1000 };
    const answer = await device.request<WireSync>(request).catch(() => undefined);
    if (answer?.status !== 200) {
      await delay(AGAIN_MS);
      return true;
    }
    for (const change of answer.body.changes ?? []) this.#apply(change);
    device.syncToken = answer.body.syncToken;
    return answer.body.hasMore ?? false;
  }

  #apply({ type, id, removed }: WireChange): void {
    if (type !== 'message') return;
    if (removed) this.messages.delete(id);
    else this.messages.add(id);
  }
}

/** Repeats a request until it succeeds. Only for requests that may be repeated. */
export async function insist<Answer>(act: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    try {
      return await act();
    } catch {
      await delay(AGAIN_MS);
    }
  }
}
