import type { Core } from '../../core/ports/core.js';

/** Stands before each call that an actor makes to the outside; the call is made when the actor is let on. */
type Gate = () => Promise<void>;

/** The object with a gate before each of its methods. */
function gated<T extends object>(target: T, gate: Gate): T {
  return new Proxy(target, {
    get(on, name) {
      const member = Reflect.get(on, name);
      if (typeof member !== 'function') return member;
      return async (...args: unknown[]) => {
        await gate();
        return member.apply(on, args);
      };
    },
  });
}

/** Something that goes on one call at a time, when it is told to. */
export class Actor {
  isDone = false;
  error: unknown;
  private readonly waiting: (() => void)[] = [];

  constructor(
    readonly name: string,
    core: Core,
    private readonly run: (core: Core, gate: Gate) => Promise<unknown>,
  ) {
    const gate = () => new Promise<void>((open) => this.waiting.push(open));
    const its: Core = {
      ...core,
      store: gated(core.store, gate),
      registry: gated(core.registry, gate),
      pushQueue: gated(core.pushQueue, gate),
      sockets: gated(core.sockets, gate),
    };
    gate()
      .then(() => this.run(its, gate))
      .catch((error: unknown) => {
        this.error = error;
      })
      .finally(() => {
        this.isDone = true;
      });
  }

  /** Makes the next call and goes on to the one after it. What it waits for is in memory, so a turn of the loop is enough. */
  async step(): Promise<void> {
    this.waiting.shift()?.();
    await new Promise((settle) => setImmediate(settle));
  }
}

/** Lets actors on, one call at a time, as chosen, until all are done. */
export async function interleave(actors: readonly Actor[], choose: (among: number) => number): Promise<void> {
  for (;;) {
    const able = actors.filter(({ isDone }) => !isDone);
    const next = able[choose(able.length)];
    if (!next) return;
    await next.step();
  }
}

/**
 * Runs a play once for every order in which its actors can be let on, where there are at most so many; else for as many
 * of them, and as many again drawn from all. The play says with `choose` that somebody is let on.
 * Returns the number of orders.
 */
export async function inManyOrders(
  play: (choose: (among: number) => number) => Promise<void>,
  { atMost }: { atMost: number },
): Promise<number> {
  let choices: { chosen: number; among: number }[] = [];
  for (let orders = 1; orders <= atMost; orders++) {
    let at = 0;
    await play((among) => {
      if (among <= 1) return 0;
      choices[at] ??= { chosen: 0, among };
      return choices[at++]?.chosen ?? 0;
    });
    choices = choices.slice(0, at);
    while (choices.length > 0 && (choices.at(-1)?.chosen ?? 0) + 1 >= (choices.at(-1)?.among ?? 0))
      choices.pop();
    const last = choices.at(-1);
    if (!last) return orders;
    last.chosen++;
  }
  for (let seed = 1; seed <= atMost; seed++) {
    const random = seeded(seed);
    await play((among) => Math.floor(random() * among));
  }
  return 2 * atMost;
}

/** Numbers that look random and are the same in every run with the same seed (mulberry32). Shape: 0 <= x < 1. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
