import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';

export interface WireFrame {
  readonly type: string;
  readonly modSeq?: number;
  readonly changes?: unknown;
  readonly [member: string]: unknown;
}

export interface SyncRequest extends WireFrame {
  readonly modSeq: number;
  readonly changes: Readonly<Record<string, number>>;
  readonly conversations: readonly string[];
}

const open = new Set<CloudSocket>();

/** A connection of a device. It keeps every frame with its time of arrival. */
export class CloudSocket {
  readonly frames: { readonly frame: WireFrame; readonly atMs: number }[] = [];
  /** Resolves with the close code. */
  readonly closed: Promise<number>;
  #wake: () => void = () => {};
  #taken = 0;

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data) => {
      this.frames.push({ frame: JSON.parse(String(data)), atMs: Date.now() });
      this.#wake();
    });
    this.closed = new Promise((settle) => socket.on('close', settle));
  }

  /** @throws Error with `HTTP <status>` when the server refuses. */
  static open(url: string): Promise<CloudSocket> {
    const socket = new WebSocket(url);
    const opened = new CloudSocket(socket);
    return new Promise((settle, fail) => {
      socket.on('open', () => {
        open.add(opened);
        settle(opened);
      });
      socket.on('unexpected-response', (_, { statusCode }) => {
        socket.terminate();
        fail(new Error(`HTTP ${statusCode}`));
      });
      socket.on('error', fail);
    });
  }

  send(frame: unknown): void {
    this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  /** The next frame that was not taken yet. */
  async next<Frame extends WireFrame = WireFrame>(withinMs = 25_000): Promise<Frame> {
    if (this.frames.length === this.#taken) {
      await new Promise<void>((settle, fail) => {
        const timer = setTimeout(() => fail(new Error(`no frame within ${withinMs} ms`)), withinMs);
        this.#wake = () => {
          clearTimeout(timer);
          settle();
        };
      });
    }
    return this.frames[this.#taken++]?.frame as Frame;
  }

  async answer<Frame extends WireFrame = WireFrame>(frame: unknown): Promise<Frame> {
    this.send(frame);
    return this.next<Frame>();
  }

  /** Frames that arrive within this time or are still to be taken. */
  async during(ms: number): Promise<WireFrame[]> {
    await delay(ms);
    const frames = this.frames.slice(this.#taken).map(({ frame }) => frame);
    this.#taken = this.frames.length;
    return frames;
  }

  get isOpen(): boolean {
    return this.socket.readyState === WebSocket.OPEN;
  }

  close(): Promise<number> {
    this.socket.close();
    return this.closed;
  }

  /** Closes all connections that tests have left open. */
  static closeAll(): void {
    for (const { socket } of open) socket.terminate();
    open.clear();
  }
}
