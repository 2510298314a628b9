import { type ExpiredElement, expireElements } from '../../../core/lifecycle/expire.js';
import type { StoredItem } from '../../../core/model/stored-item.js';
import { SyncProblem } from '../../../core/model/sync-problem.js';
import { NoAnswer } from '../adversarial-store.js';
import { BOX } from '../builders.js';
import { nameOfElement } from './elements.js';
import { LateWork } from './late-work.js';
import type { Stage } from './stage.js';
import { elementsIn } from './stored.js';
import type { Stream } from './stream.js';

const LATE_MAX_MS = 120_000;
const RETRIED_AFTER_MS = 1000;

/**
 * Expires items as the database does. A stream brings the expired items, late or twice, to the function that
 * records them.
 */
export class Expiring {
  private readonly work: LateWork;
  private dueMs = 0; // of the last record
  private last = Promise.resolve(); // resolves when the last record was processed

  constructor(
    private readonly stage: Stage,
    private readonly stream: Stream,
  ) {
    this.work = new LateWork(stage, 'expiring');
  }

  /** The database removes some expired items, or all of them. @returns the number of elements. */
  remove(probability = 0.5): number {
    const { stage } = this;
    const { chance } = stage;
    // The database removes a timer within two days, when its element still exists.
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
    if (expired.length === 0) return 0;
    for (const { element } of expired)
      for (const wire of elementsIn([element]))
        stage.removed.set(nameOfElement(wire), Math.max(wire.modSeq, element.modSeq));
    stage.note(() => `  removed after their time: ${expired.map(({ element }) => element.sk).join(', ')}`);
    for (let copies = stage.chance.happens(0.1) ? 2 : 1; copies > 0; copies--) this.push(expired);
    return expired.length;
  }

  /** Whether all removed items were recorded. */
  get isDone(): boolean {
    return this.work.isDone;
  }

  /**
   * The restored box is a new table. Its stream does not report items that were removed from the previous
   * table.
   */
  restored(): void {
    this.work.drop();
    this.last = Promise.resolve();
  }

  start(): void {
    this.work.start();
  }

  /** Removes and records all expired items; `idle` waits until no actor is busy. */
  async finish(idle: () => Promise<void>): Promise<void> {
    // Items that were removed before their entry was applied are delivered a second time.
    while (this.remove(1) > 0) await this.deliver(idle);
    await this.deliver(idle);
  }

  /**
   * Delivers all removed items. A stream keeps a record for a day, and a failed record is kept for two weeks.
   */
  deliver(idle: () => Promise<void>): Promise<void> {
    return this.work.deliver(idle);
  }

  /** A stream keeps the order of an item's records. A failed record delays all later ones. */
  private push(expired: readonly ExpiredElement[]): void {
    const { chance, time } = this.stage;
    const lateMs = chance.happens(0.3) ? chance.between(0, LATE_MAX_MS) : chance.between(0, 500);
    this.dueMs = Math.max(this.dueMs, time.now() + lateMs);
    const before = this.last;
    let isDone = () => {};
    this.last = new Promise((settle) => {
      isDone = settle;
    });
    this.work.put(this.dueMs - time.now(), async () => {
      await before;
      await this.note(expired);
      isDone();
    });
  }

  private async note(expired: readonly ExpiredElement[]): Promise<void> {
    for (;;) {
      try {
        await this.stage.mortal((core) => expireElements(core, BOX, expired));
        return this.stage.hit('elements that have expired noted');
      } catch (error) {
        if (!(error instanceof NoAnswer) && !(error instanceof SyncProblem)) throw error;
        await this.stage.time.sleep(RETRIED_AFTER_MS);
      }
    }
  }
}

const expiredOf = (item: StoredItem, removedAtMs: number): ExpiredElement[] =>
  item.kind === 'message' || item.kind === 'sessionHistory' ? [{ element: item, removedAtMs }] : [];
