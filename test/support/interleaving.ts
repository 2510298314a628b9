import type { Core } from '../../core/ports/core.js';

/** A gate before each outside call of an actor. It opens when the actor may make the call. */
type Gate = () => Promise<void>;

/** The object, with a gate before each of its methods. */
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

/** A piece of work that a test advances one call at a time. */
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

  /**
   * Makes the next call and runs to the one after it. Every store is in memory, so one turn of the event loop
   * is enough.
   */
  async step(): Promise<void> {
    this.waiting.shift()?.();
    await new Promise((settle) => setImmediate(settle));
  }
}

/** Advances actors, one call at a time, as chosen, until all are done. */
export async function interleave(actors: readonly Actor[], choose: (among: number) => number): Promise<void> {
  for (;;) {
    const able = actors.filter(({ isDone }) => !isDone);
    const next = able[choose(able.length)];
    if (!next) return;
    await next.step();
  }
}

/**
 * Runs a play once for every order of its actors' calls, if there are at most `atMost` orders. Otherwise it
 * runs `atMost` of them, and `atMost` random ones. The play asks `choose` which actor acts next. Returns the
 * number of orders.
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

/** Numbers that look random, the same in every run with the same seed (mulberry32). Shape: 0 <= x < 1. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
