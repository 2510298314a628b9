import type { Clock } from '../../../core/ports/clock.js';
import type { Chance } from './chance.js';

interface Sleeper {
  readonly atMs: number;
  readonly tie: number;
  readonly wake: () => void;
}

/**
 * Everything is in memory, so an actor that is awake advances by promises alone. Node's own tick runs after
 * all of them.
 */
const allThatCanRun = () => new Promise<void>((resolve) => process.nextTick(resolve));

/**
 * Virtual time for concurrent actors. A sleeping actor continues only when its turn comes. So actors take
 * turns wherever they wait, in an order that the seed decides.
 */
export class VirtualTime implements Clock {
  private readonly sleepers: Sleeper[] = [];

  constructor(
    private readonly chance: Chance,
    private nowMs = Date.parse('2026-03-01T12:00:00Z'),
  ) {}

  now(): number {
    return this.nowMs;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((wake) => {
      this.sleepers.push({ atMs: this.nowMs + Math.ceil(ms), tie: this.chance.next(), wake });
    });
  }

  random(): number {
    return this.chance.next();
  }

  /**
   * Lets the next sleeper continue until it waits again; false: no actor sleeps. Only sleepers due within
   * `withinMs` of now, if given.
   */
  async turn(withinMs = Number.POSITIVE_INFINITY): Promise<boolean> {
    if (this.sleepers.length === 0) await allThatCanRun();
    const first = this.next();
    const sleeper = this.sleepers[first];
    if (!sleeper || sleeper.atMs > this.nowMs + withinMs) return false;
    this.sleepers.splice(first, 1);
    this.nowMs = Math.max(this.nowMs, sleeper.atMs);
    sleeper.wake();
    await allThatCanRun();
    return true;
  }

  /** Advances the time at once. Sleepers that were due in between wake late. */
  pass(ms: number): void {
    this.nowMs += ms;
  }

  private next(): number {
    const { sleepers } = this;
    let first = 0;
    for (let i = 1; i < sleepers.length; i++) {
      const best = sleepers[first] as Sleeper;
      const each = sleepers[i] as Sleeper;
      if (each.atMs < best.atMs || (each.atMs === best.atMs && each.tie < best.tie)) first = i;
    }
    return first;
  }
}
