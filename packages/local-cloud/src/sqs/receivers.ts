import type { Delivery } from './message.js';

interface Receiver {
  readonly max: number;
  readonly visibilityMs: number;
  readonly answer: (deliveries: Delivery[]) => void;
}

/** The waiting receives of a queue. They get visible messages in the order of their arrival. */
export class Receivers {
  readonly #waiting = new Set<Receiver>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly take: (max: number, visibilityMs: number) => Delivery[],
    private readonly nextVisibleAtMs: () => number | undefined,
  ) {}

  /** Takes messages now, or waits for them. Resolves without messages when the time is over or the signal aborts. */
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
      // An aborted receive must not take a message: the message would stay hidden until its visibility timeout ends.
      signal?.addEventListener('abort', giveUp);
      this.#waiting.add(receiver);
      this.serve();
    });
  }

  /** Gives visible messages to waiting receives. Repeats this when the next message becomes visible. */
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

  /** Ends all waiting receives without messages. */
  stop(): void {
    clearTimeout(this.#timer);
    for (const receiver of [...this.#waiting]) receiver.answer([]);
  }
}
