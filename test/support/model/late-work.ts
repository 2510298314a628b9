import { type Stage, Violation } from './stage.js';

const ROUNDS_MAX = 500;

interface Due {
  readonly work: () => Promise<void>;
  readonly dueMs: number;
}

/** What waits in a queue or a stream until its time, each piece by itself and in any order. */
export class LateWork {
  private waiting: Due[] = [];
  private underWay = 0;

  /** @param by whose work it is */
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

  /** Nobody comes to what waits. */
  drop(): void {
    this.waiting = [];
  }

  /** What is due by now begins. */
  start(): void {
    if (this.waiting.length === 0) return;
    const now = this.stage.time.now();
    for (const due of this.waiting.filter(({ dueMs }) => dueMs <= now)) {
      this.waiting.splice(this.waiting.indexOf(due), 1);
      this.stage.begin(this.by, () => this.run(due.work));
    }
  }

  /** All of it is done; `idle` waits until nobody has anything under way. */
  async deliver(idle: () => Promise<void>): Promise<void> {
    for (let rounds = 0; ; rounds++) {
      await idle();
      if (this.waiting.length === 0) return;
      if (rounds > ROUNDS_MAX) throw new Violation(`what ${this.by} has to do does not come to an end`);
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
