import type { Delivery } from './message.js';

interface Receiver {
  readonly max: number;
  readonly visibilityMs: number;
  readonly answer: (deliveries: Delivery[]) => void;
}

/** Those who wait at a queue for messages: served in their order, as soon as a message is visible. */
export class Receivers {
  readonly #waiting = new Set<Receiver>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly take: (max: number, visibilityMs: number) => Delivery[],
    private readonly nextVisibleAtMs: () => number | undefined,
  ) {}

  receive(options: {
    max: number;
    visibilityMs: number;
    waitMs: number;
    signal?: AbortSignal;
  }): Promise<Delivery[]> {
    const { max, visibilityMs, waitMs, signal } = options;
    const atOnce = this.#waiting.size === 0 ? this.take(max, visibilityMs) : [];
    if (atOnce.length > 0 || waitMs <= 0 || signal?.aborted) return Promise.resolve(atOnce);
    return new Promise((resolve) => {
      const giveUp = () => receiver.answer([]);
      const timeout = setTimeout(giveUp, waitMs);
      const receiver: Receiver = {
        max,
        visibilityMs,
        answer: (deliveries) => {
          clearTimeout(timeout);
          signal?.removeEventListener('abort', giveUp);
          this.#waiting.delete(receiver);
          resolve(deliveries);
        },
      };
      // A receiver that has gone must not be given a message: it would be hidden until its visibility ends.
      signal?.addEventListener('abort', giveUp);
      this.#waiting.add(receiver);
      this.serve();
    });
  }

  /** Gives what is visible to those who wait, and comes back when the next message becomes visible. */
  serve(): void {
    clearTimeout(this.#timer);
    for (const receiver of [...this.#waiting]) {
      const deliveries = this.take(receiver.max, receiver.visibilityMs);
      if (deliveries.length === 0) break;
      receiver.answer(deliveries);
    }
    const next = this.#waiting.size > 0 ? this.nextVisibleAtMs() : undefined;
    if (next === undefined) return;
    this.#timer = setTimeout(() => this.serve(), Math.min(Math.max(next - Date.now(), 1), 60_000));
  }

  stop(): void {
    clearTimeout(this.#timer);
    for (const receiver of [...this.#waiting]) receiver.answer([]);
  }
}
