import { type Expired, noteExpired } from '../../../core/lifecycle/note-expired.js';
import type { StoredItem } from '../../../core/model/items.js';
import { SyncProblem } from '../../../core/model/sync-problem.js';
import { NoAnswer } from '../adversarial-store.js';
import { BOX } from '../builders.js';
import { nameOfElement } from './elements.js';
import { type Stage, Violation } from './stage.js';
import { elementsIn } from './stored.js';
import type { Stream } from './stream.js';

const ROUNDS_MAX = 500;
const LATE_MAX_MS = 120_000;

interface Due {
  readonly expired: readonly Expired[];
  readonly dueMs: number;
}

/** What the database removes after its time, and the stream that brings it to the function that notes it: late, or twice. */
export class Expiring {
  private waiting: Due[] = [];
  private underWay = 0;

  constructor(
    private readonly stage: Stage,
    private readonly stream: Stream,
  ) {}

  /** The database removes some of what has passed its time, or all of it. */
  remove(probability = 0.5): void {
    const { stage } = this;
    const { chance } = stage;
    // A timer is always removed in time, within two days: what it is for is still there then.
    const removed = stage.store.expire(
      BOX,
      (item) => item.kind === 'quietTimer' || chance.happens(probability),
    );
    for (const { sk } of removed) stage.replay.expire(sk, stage.time.now());
    if (removed.some(({ kind }) => kind === 'quietTimer')) this.stream.timerRemoved();
    if (removed.some(({ kind }) => kind === 'entry'))
      stage.hit('entries of the log removed, as they had expired');
    if (removed.some(({ kind }) => kind === 'tombstone')) stage.hit('what was deleted forgotten, long after');
    const expired = removed.flatMap((item) => expiredOf(item, stage.time.now()));
    if (expired.length === 0) return;
    for (const { element } of expired)
      for (const wire of elementsIn([element]))
        stage.removed.set(nameOfElement(wire), Math.max(wire.modSeq, element.modSeq));
    stage.note(() => `  removed after their time: ${expired.map(({ element }) => element.sk).join(', ')}`);
    for (let copies = stage.chance.happens(0.1) ? 2 : 1; copies > 0; copies--) this.push(expired);
  }

  /** Nothing has been removed that is still to be noted. */
  get isDone(): boolean {
    return this.waiting.length === 0 && this.underWay === 0;
  }

  /** The box is another table by now, whose stream tells nothing of what was removed from the one before. */
  restored(): void {
    this.waiting = [];
  }

  start(): void {
    if (this.waiting.length === 0) return;
    const now = this.stage.time.now();
    for (const due of this.waiting.filter(({ dueMs }) => dueMs <= now)) {
      this.waiting.splice(this.waiting.indexOf(due), 1);
      this.stage.begin('expiring', () => this.note(due.expired));
    }
  }

  /** Everything that has passed its time is removed and noted; `idle` waits until nobody has anything under way. */
  async finish(idle: () => Promise<void>): Promise<void> {
    this.remove(1);
    await this.deliver(idle);
  }

  /** What was removed is noted: a stream keeps that for a day, and what could not be noted is kept for two weeks. */
  async deliver(idle: () => Promise<void>): Promise<void> {
    for (let rounds = 0; ; rounds++) {
      await idle();
      if (this.waiting.length === 0) return;
      if (rounds > ROUNDS_MAX) throw new Violation('noting what has expired does not come to an end');
      const next = Math.min(...this.waiting.map(({ dueMs }) => dueMs));
      this.stage.pass(Math.max(0, next - this.stage.time.now()));
      this.start();
    }
  }

  private push(expired: readonly Expired[]): void {
    const { chance, time } = this.stage;
    const lateMs = chance.happens(0.3) ? chance.between(0, LATE_MAX_MS) : chance.between(0, 500);
    this.waiting.push({ expired, dueMs: time.now() + lateMs });
  }

  private async note(expired: readonly Expired[]): Promise<void> {
    this.underWay++;
    try {
      await this.stage.mortal((core) => noteExpired(core, BOX, expired));
      this.stage.hit('elements that have expired noted');
    } catch (error) {
      if (!(error instanceof NoAnswer) && !(error instanceof SyncProblem)) throw error;
      this.push(expired);
    } finally {
      this.underWay--;
    }
  }
}

const expiredOf = (item: StoredItem, removedAtMs: number): Expired[] =>
  item.kind === 'message' || item.kind === 'sessionHistory' ? [{ element: item, removedAtMs }] : [];
