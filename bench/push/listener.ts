import { WebSocket } from 'ws';
import type { Transport } from '../../client/sync/transport.js';
import { serverFrameSchema } from '../../protocol/frames.js';

/**
 * Commits that a device was notified of or has synchronized, each with its time. Unit: ms of
 * `performance.now()`.
 */
interface Reached {
  readonly modSeq: number;
  readonly atMs: number;
}

/** A connected device that synchronizes on each synchronization request, as clients do. */
export class Listener {
  readonly frames: Reached[] = [];
  readonly #synced: Reached[] = [];
  readonly #instanceId = 'bench';
  #syncToken: string | undefined;
  #socket: WebSocket | undefined;
  #asked = false;
  #running: Promise<void> | undefined;

  constructor(
    private readonly transport: Transport,
    private readonly deviceId: string,
    private readonly signal: AbortSignal,
  ) {}

  /** Registers, synchronizes, and connects. */
  async open(pushWindowMs: number): Promise<void> {
    const registration = { instanceId: this.#instanceId, preferences: { pushWindowMs } };
    await this.transport.registerDevice(this.deviceId, registration, this.signal);
    await this.synchronize();
    const { url } = await this.transport.issueTicket(this.deviceId, this.signal);
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.on('message', (data) => this.#received(String(data)));
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
  }

  /** Synchronizes until no requested change is missing. */
  synchronize(): Promise<void> {
    this.#asked = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /**
   * Time from `sinceMs` to the notification of a commit. Undefined if the device had the commit earlier, as
   * when a previous request started a synchronization. Negative: the frame arrived before the answer to the
   * deposit. Unit: ms.
   */
  notifiedAfter(modSeq: number, sinceMs: number): number | undefined {
    const notified = this.frames.find((frame) => frame.modSeq >= modSeq);
    const had = this.#synced.find((synced) => synced.modSeq >= modSeq);
    return notified && (!had || notified.atMs <= had.atMs) ? notified.atMs - sinceMs : undefined;
  }

  /** Whether the device was notified of a commit or has synchronized it. */
  knows(modSeq: number): boolean {
    return [this.frames.at(-1), this.#synced.at(-1)].some((reached) => (reached?.modSeq ?? 0) >= modSeq);
  }

  async close(): Promise<void> {
    this.#socket?.terminate();
    await this.#running?.catch(() => undefined);
  }

  #received(text: string): void {
    const frame = serverFrameSchema.safeParse(JSON.parse(text));
    if (frame.data?.type !== 'syncRequest') return;
    this.frames.push({ modSeq: frame.data.modSeq, atMs: performance.now() });
    this.synchronize().catch(() => undefined); // the next synchronization request retries
  }

  async #run(): Promise<void> {
    while (this.#asked && !this.signal.aborted) {
      this.#asked = false;
      for (let hasMore = true; hasMore && !this.signal.aborted; ) hasMore = await this.#page();
    }
  }

  async #page(): Promise<boolean> {
    const { deviceId } = this;
    const response = await this.transport.synchronize(
      {
        deviceId,
        instanceId: this.#instanceId,
        ...(this.#syncToken !== undefined && { syncToken: this.#syncToken }),
      },
      this.signal,
    );
    this.#syncToken = response.syncToken;
    const modSeq = Math.max(0, ...(response.changes ?? []).map((change) => change.modSeq));
    if (modSeq > (this.#synced.at(-1)?.modSeq ?? 0)) this.#synced.push({ modSeq, atMs: performance.now() });
    return response.hasMore ?? false;
  }
}
