import { fullJitter } from './backoff.js';

const PERIOD_SECONDS = 300; // until the server has said
const RETRY_BASE_MS = 5_000;
const SPREAD = 0.1; // of the period, so that devices started together do not stay together

/** Says when to synchronize next: a period after the last success, sooner and with jitter after a failure. */
export class SyncTimer {
  #periodMs = PERIOD_SECONDS * 1000;
  #failures = 0;
  #running = false;
  #isOverdue = false; // it was due while it was not allowed
  #timer?: ReturnType<typeof setTimeout>;

  constructor(
    private readonly due: () => void,
    private readonly isAllowed: () => boolean = () => true,
  ) {}

  start(): void {
    this.#running = true;
    this.#schedule();
  }

  stop(): void {
    this.#running = false;
    clearTimeout(this.#timer);
  }

  setPeriod(seconds: number): void {
    this.#periodMs = seconds * 1000;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#schedule();
  }

  failed(): void {
    this.#failures += 1;
    this.#schedule();
  }

  /** What is allowed may have changed: a synchronization that was held back is due now. */
  reconsider(): void {
    if (this.#isOverdue && this.#running) this.#ring();
  }

  readonly #ring = (): void => {
    this.#isOverdue = !this.isAllowed();
    if (!this.#isOverdue) this.due();
  };

  #schedule(): void {
    clearTimeout(this.#timer);
    this.#isOverdue = false;
    if (this.#running) this.#timer = setTimeout(this.#ring, this.#delayMs());
  }

  #delayMs(): number {
    if (this.#failures === 0) return this.#periodMs * (1 + SPREAD * Math.random());
    return fullJitter(this.#failures - 1, { baseMs: RETRY_BASE_MS, capMs: this.#periodMs });
  }
}
