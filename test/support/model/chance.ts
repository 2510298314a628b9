/** Random numbers that repeat: the same seed gives the same numbers on every machine. Source: Mulberry32. */
export class Chance {
  private state: number;

  constructor(seed: number) {
    this.state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) >>> 0;
  }

  /** Shape: 0 <= x < 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /**
   * True with this probability. Zero draws no number, so that a disabled mishap does not change the rest of
   * the run.
   */
  happens(probability: number): boolean {
    return probability > 0 && this.next() < probability;
  }

  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  pick<T>(of: readonly T[]): T {
    return of[Math.floor(this.next() * of.length)] as T;
  }

  /** Some of the values, in order, each chosen with this probability. */
  some<T>(of: readonly T[], probability: number): T[] {
    return of.filter(() => this.happens(probability));
  }

  /** One of the names, chosen by weight. */
  weighed<K extends string>(weights: Readonly<Record<K, number>>): K {
    let sum = 0;
    for (const name in weights) sum += weights[name];
    let rest = this.next() * sum;
    let last: K | undefined;
    for (const name in weights) {
      last = name;
      rest -= weights[name];
      if (rest < 0) break;
    }
    return last as K;
  }

  shuffled<T>(of: readonly T[]): T[] {
    const all = [...of];
    for (let i = all.length - 1; i > 0; i--) {
      const j = this.between(0, i);
      [all[i], all[j]] = [all[j] as T, all[i] as T];
    }
    return all;
  }

  /** Another source of chance. Numbers drawn from it do not affect this one. */
  fork(): Chance {
    return new Chance(Math.floor(this.next() * 2 ** 32));
  }
}
