import { projectEntries } from '../../../core/lifecycle/project-entry.js';
import { keepNewest } from '../../../core/log/keep-newest.js';
import type { LogEntry } from '../../../core/model/log-entry.js';
import { SyncProblem } from '../../../core/model/sync-problem.js';
import { NoAnswer } from '../adversarial-store.js';
import { BOX } from '../builders.js';
import { LateWork } from './late-work.js';
import type { Stage } from './stage.js';

const LATE_MAX_MS = 120_000;

/**
 * The stream of the table, and the function that applies entries to the view. Records arrive late, twice and
 * in any order, and are repeated until they are processed.
 */
export class Stream {
  private readonly work: LateWork;

  constructor(private readonly stage: Stage) {
    this.work = new LateWork(stage, 'stream');
  }

  get isDone(): boolean {
    return this.work.isDone;
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

  /** The restored box is a new table. Its stream does not contain writes to the previous table. */
  restored(): void {
    this.work.drop();
  }

  start(): void {
    this.work.start();
  }

  /** Processes all records; `idle` waits until no actor is busy. */
  deliver(idle: () => Promise<void>): Promise<void> {
    return this.work.deliver(idle);
  }

  private push(work: () => Promise<void>): void {
    const { chance } = this.stage;
    const lateMs = chance.happens(0.2) ? chance.between(0, LATE_MAX_MS) : chance.between(0, 1500);
    this.work.put(lateMs, () => this.run(work));
  }

  private async run(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const isPassing =
        error instanceof NoAnswer ||
        error instanceof SyncProblem ||
        (error instanceof Error && error.message.includes('waits for its registration'));
      if (!isPassing) throw error;
      this.push(work);
    }
  }
}
