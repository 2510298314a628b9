import { keepNewest } from '../../../core/lifecycle/keep-newest.js';
import { projectEntries } from '../../../core/lifecycle/project-entry.js';
import type { LogEntry } from '../../../core/model/log-entry.js';
import { SyncProblem } from '../../../core/model/sync-problem.js';
import { NoAnswer } from '../adversarial-store.js';
import { BOX } from '../builders.js';
import { type Stage, Violation } from './stage.js';

const ROUNDS_MAX = 500;
const LATE_MAX_MS = 120_000;

interface Due {
  readonly work: () => Promise<void>;
  readonly dueMs: number;
}

/**
 * The stream of the table and the function that keeps the view with the log: records come late, twice and in any order, and
 * come again until they are dealt with.
 */
export class Stream {
  private waiting: Due[] = [];
  private underWay = 0;

  constructor(private readonly stage: Stage) {}

  get isDone(): boolean {
    return this.waiting.length === 0 && this.underWay === 0;
  }

  appended(entry: LogEntry): void {
    for (let copies = this.stage.chance.happens(0.1) ? 2 : 1; copies > 0; copies--) {
      this.push(async () => {
        await this.stage.mortal((core) => projectEntries(core, BOX, [entry]));
        this.stage.hit('entry applied by the reader of the stream');
      });
    }
  }

  timerRemoved(): void {
    this.push(async () => {
      await this.stage.mortal((core) => keepNewest(core, BOX));
      this.stage.hit('newest entry kept in the anchor');
    });
  }

  /** The box is another table by now, whose stream tells nothing of what was written to the one before. */
  restored(): void {
    this.waiting = [];
  }

  start(): void {
    if (this.waiting.length === 0) return;
    const now = this.stage.time.now();
    for (const due of this.waiting.filter(({ dueMs }) => dueMs <= now)) {
      this.waiting.splice(this.waiting.indexOf(due), 1);
      this.stage.begin('stream', () => this.run(due.work));
    }
  }

  /** All records are dealt with; `idle` waits until nobody has anything under way. */
  async deliver(idle: () => Promise<void>): Promise<void> {
    for (let rounds = 0; ; rounds++) {
      await idle();
      if (this.waiting.length === 0) return;
      if (rounds > ROUNDS_MAX) throw new Violation('the stream does not come to an end');
      const next = Math.min(...this.waiting.map(({ dueMs }) => dueMs));
      this.stage.pass(Math.max(0, next - this.stage.time.now()));
      this.start();
    }
  }

  private push(work: () => Promise<void>): void {
    const { chance, time } = this.stage;
    const lateMs = chance.happens(0.2) ? chance.between(0, LATE_MAX_MS) : chance.between(0, 1500);
    this.waiting.push({ work, dueMs: time.now() + lateMs });
  }

  private async run(work: () => Promise<void>): Promise<void> {
    this.underWay++;
    try {
      await work();
    } catch (error) {
      const isPassing =
        error instanceof NoAnswer ||
        error instanceof SyncProblem ||
        (error instanceof Error && error.message.includes('waits for its registration'));
      if (!isPassing) throw error;
      this.push(work);
    } finally {
      this.underWay--;
    }
  }
}
