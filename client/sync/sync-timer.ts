import { fullJitter } from './backoff.js';

const PERIOD_SECONDS = 300; // until the server sets another
const RETRY_BASE_MS = 5_000;
const SPREAD = 0.1; // of the period; spreads devices that started together

/** Calls `onDue` one period after each success, and earlier with jitter after a failure. */
export class SyncTimer {
  #periodMs = PERIOD_SECONDS * 1000;
  #failures = 0;
  #running = false;
  #isOverdue = false; // it was due while it was not allowed
  readonly #onDue: () => void;
  readonly #isAllowed: () => boolean;
  #timer?: ReturnType<typeof setTimeout>;

  constructor(onDue: () => void, isAllowed: () => boolean = () => true) {
    this.#onDue = onDue;
    this.#isAllowed = isAllowed;
  }

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

  /** Calls `onDue` if it was due earlier and `isAllowed` has become true. */
  reconsider(): void {
    if (this.#isOverdue && this.#running) this.#fire();
  }

  readonly #fire = (): void => {
    this.#isOverdue = !this.#isAllowed();
    if (!this.#isOverdue) this.#onDue();
  };

  #schedule(): void {
    clearTimeout(this.#timer);
    this.#isOverdue = false;
    if (this.#running) this.#timer = setTimeout(this.#fire, this.#delayMs());
  }

  #delayMs(): number {
    if (this.#failures === 0) return this.#periodMs * (1 + SPREAD * Math.random());
    return fullJitter(this.#failures - 1, { baseMs: RETRY_BASE_MS, capMs: this.#periodMs });
  }
}
