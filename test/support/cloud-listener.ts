import { setTimeout as delay } from 'node:timers/promises';
import type { Device, WireChange, WireSync } from './cloud.js';
import { CloudSocket, type SyncRequest } from './cloud-socket.js';

const AGAIN_MS = 100;

/**
 * A device that synchronizes when it is asked to, and never otherwise: what it was not told of it does not get. It does
 * what a client does: connects again when its connection is lost, and sends the same request again when no answer came.
 */
export class Listener {
  /** Messages that it holds, by their ids. */
  readonly messages = new Set<string>();
  /** The last commit that it was told of, and when. */
  told = { modSeq: 0, atMs: 0 };
  frames = 0;
  socket: CloudSocket | undefined;
  #asked = false;
  #synchronizing: Promise<void> | undefined;
  #over = false;

  constructor(
    readonly device: Device,
    readonly windowMs: number,
  ) {}

  /** Until it has a connection, however often it takes. */
  async connect(): Promise<void> {
    while (!this.#over) {
      try {
        const socket = await CloudSocket.open(await this.device.ticketUrl());
        socket.socket.on('message', (data) => this.#received(JSON.parse(String(data))));
        for (const { frame } of socket.frames) this.#received(frame); // came together with the opening
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

  /** Without a word or with one. */
  async disconnect(isSudden: boolean): Promise<void> {
    if (isSudden) this.socket?.socket.terminate();
    else await this.socket?.close();
    this.socket = undefined;
  }

  /** What it does by itself: to be up to date before anything is asked of it. */
  synchronize(): Promise<void> {
    this.#asked = true;
    this.#synchronizing ??= this.#run().finally(() => {
      this.#synchronizing = undefined;
    });
    return this.#synchronizing;
  }

  /** Until what it was told of has been fetched. */
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
    this.told = { modSeq: Math.max(this.told.modSeq, (frame as SyncRequest).modSeq), atMs: Date.now() };
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

/** Does a request again until it is answered with success, as one that may be repeated can be. */
export async function insist<Answer>(act: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    try {
      return await act();
    } catch {
      await delay(AGAIN_MS);
    }
  }
}
