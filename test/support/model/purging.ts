import { purge } from '../../../core/lifecycle/purge.js';
import { schedulePurge } from '../../../core/lifecycle/schedule-purge.js';
import type { Commit } from '../../../core/model/log-entry.js';
import { SyncProblem } from '../../../core/model/sync-problem.js';
import type { Core } from '../../../core/ports/core.js';
import type { PurgeMessage, PurgeQueue } from '../../../core/ports/purge-queue.js';
import type { Store } from '../../../core/ports/store.js';
import { NoAnswer } from '../adversarial-store.js';
import { BOX } from '../builders.js';
import { canonical } from './elements.js';
import { type Stage, Violation } from './stage.js';

const ROUNDS_MAX = 500;
const RETRIED_AFTER_MS = 60_000;

interface Due {
  readonly message: PurgeMessage;
  readonly dueMs: number;
}

/**
 * The purge queue and its function. Messages sometimes arrive late or twice, and are retried; they never
 * arrive early.
 */
export class Purging implements PurgeQueue {
  private readonly waiting: Due[] = [];

  /** The stage that the queue belongs to; set before the first message. */
  stage!: Stage;

  async send(messages: readonly PurgeMessage[], delaySeconds: number): Promise<void> {
    const { chance, time } = this.stage;
    for (const message of messages) {
      for (let copies = chance.happens(0.1) ? 2 : 1; copies > 0; copies--) {
        const lateMs = chance.happens(0.3) ? chance.between(0, 300_000) : chance.between(0, 1000);
        this.waiting.push({ message, dueMs: time.now() + delaySeconds * 1000 + lateMs });
      }
    }
  }

  get nextDueMs(): number {
    return Math.min(...this.waiting.map(({ dueMs }) => dueMs));
  }

  get isDone(): boolean {
    return this.waiting.length === 0;
  }

  /** Sends the messages of a commit, as the stream reader does. */
  async order(commit: Commit): Promise<void> {
    for (;;) {
      try {
        return await schedulePurge(this.core, BOX, commit);
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error;
      }
    }
  }

  /** Starts all messages that are due now. */
  start(): void {
    if (this.waiting.length === 0) return;
    const now = this.stage.time.now();
    for (const due of this.waiting.filter(({ dueMs }) => dueMs <= now)) {
      this.waiting.splice(this.waiting.indexOf(due), 1);
      this.stage.begin('purger', () => this.purge(due.message));
    }
  }

  /** Purges everything; `idle` waits until no actor is busy. */
  async finish(idle: () => Promise<void>): Promise<void> {
    for (let rounds = 0; ; rounds++) {
      await idle();
      if (this.isDone) return;
      if (rounds > ROUNDS_MAX) throw new Violation('purging does not end');
      this.stage.pass(Math.max(0, this.nextDueMs - this.stage.time.now()));
      this.start();
    }
  }

  private get core(): Core {
    return this.stage.core;
  }

  private async purge(message: PurgeMessage): Promise<void> {
    const { stage } = this;
    stage.note(() => `  purger ${canonical(message)}`);
    let pieces = 0;
    const report: Core['observe'] = (event) => {
      if (event === 'purged') pieces++;
    };
    try {
      await stage.during({ by: 'purger', operations: [] }, () =>
        stage.mortal((core) =>
          purge({ ...core, observe: report, store: this.inPieces(core.store) }, message),
        ),
      );
    } catch (error) {
      if (!(error instanceof NoAnswer) && !(error instanceof SyncProblem)) throw error;
      if (pieces > 0) stage.hit('clearing away stopped midway');
      this.waiting.push({ message, dueMs: stage.time.now() + RETRIED_AFTER_MS });
    }
    if (pieces > 1) stage.hit('cleared away in pieces');
  }

  /**
   * The store, which sometimes returns few items to the purge worker. It then purges in several steps, though
   * boxes are small.
   */
  private inPieces(store: Store): Store {
    const { chance } = this.stage;
    if (!chance.happens(0.4)) return store;
    const query: Store['query'] = (box, range) =>
      store.query(box, { ...range, limit: Math.min(range.limit, chance.between(2, 3)) });
    return new Proxy(store, {
      get: (target, name) => (name === 'query' ? query : Reflect.get(target, name)),
    });
  }
}
