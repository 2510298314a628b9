import { type Stage, Violation } from './stage.js';

const ROUNDS_MAX = 500;

interface Due {
  readonly work: () => Promise<void>;
  readonly dueMs: number;
}

/**
 * Work that waits in a queue or a stream until its time. The pieces are independent, and their order is
 * arbitrary.
 */
export class LateWork {
  private waiting: Due[] = [];
  private underWay = 0;

  /** @param by the actor that does the work */
  constructor(
    private readonly stage: Stage,
    private readonly by: string,
  ) {}

  get isDone(): boolean {
    return this.waiting.length === 0 && this.underWay === 0;
  }

  put(lateMs: number, work: () => Promise<void>): void {
    this.waiting.push({ work, dueMs: this.stage.time.now() + lateMs });
  }

  /** Drops all waiting work. */
  drop(): void {
    this.waiting = [];
  }

  /** Starts all work that is due now. */
  start(): void {
    if (this.waiting.length === 0) return;
    const now = this.stage.time.now();
    for (const due of this.waiting.filter(({ dueMs }) => dueMs <= now)) {
      this.waiting.splice(this.waiting.indexOf(due), 1);
      this.stage.begin(this.by, () => this.run(due.work));
    }
  }

  /** Does all of the work; `idle` waits until no actor is busy. */
  async deliver(idle: () => Promise<void>): Promise<void> {
    for (let rounds = 0; ; rounds++) {
      await idle();
      if (this.waiting.length === 0) return;
      if (rounds > ROUNDS_MAX) throw new Violation(`the work of ${this.by} does not end`);
      const next = Math.min(...this.waiting.map(({ dueMs }) => dueMs));
      this.stage.pass(Math.max(0, next - this.stage.time.now()));
      this.start();
    }
  }

  private async run(work: () => Promise<void>): Promise<void> {
    this.underWay++;
    try {
      await work();
    } finally {
      this.underWay--;
    }
  }
}
