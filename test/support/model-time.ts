import type { Clock } from '../../core/clock.js';
import type { Chance } from './model-chance.js';

interface Sleeper {
  readonly atMs: number;
  readonly tie: number;
  readonly wake: () => void;
}

const allThatCanRun = () => new Promise<void>((resolve) => setImmediate(resolve));

/**
 * Virtual time in which many things happen at once: whoever sleeps waits until it is the next to be woken, so that
 * actors take turns wherever they wait, in an order that the seed decides.
 */
export class VirtualTime implements Clock {
  private sleepers: Sleeper[] = [];

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

  /** Lets the next sleeper go on until it waits again; false: nobody sleeps. Within `withinMs` of now, if given. */
  async turn(withinMs = Number.POSITIVE_INFINITY): Promise<boolean> {
    if (this.sleepers.length === 0) await allThatCanRun();
    let first = 0;
    for (const [i, { atMs, tie }] of this.sleepers.entries()) {
      const best = this.sleepers[first] as Sleeper;
      if (atMs < best.atMs || (atMs === best.atMs && tie < best.tie)) first = i;
    }
    const sleeper = this.sleepers[first];
    if (!sleeper || sleeper.atMs > this.nowMs + withinMs) return false;
    this.sleepers.splice(first, 1);
    this.nowMs = Math.max(this.nowMs, sleeper.atMs);
    sleeper.wake();
    await allThatCanRun();
    return true;
  }

  /** Time passes at once; whoever should have been woken meanwhile is late. */
  pass(ms: number): void {
    this.nowMs += ms;
  }
}
