/** Probabilities, 0 to 1. */
export interface FaultRates {
  /** A function's worker is ended in the middle of an invocation. */
  kill: number;
  /** The same for single functions, by a part of their names. */
  killOf: Readonly<Record<string, number>>;
  /** A message that has been received is at once received again. */
  doubleMessage: number;
  /** A batch of a stream that was taken is given again. */
  doubleBatch: number;
}

export interface FaultCounts {
  /** Invocations that were broken off, by name of the function. */
  readonly killed: Readonly<Record<string, number>>;
  readonly doubledMessages: number;
  readonly doubledBatches: number;
  /** Batches of streams that were given again since their function had failed. */
  readonly retriedBatches: number;
}

/** A worker is ended at most so long after it was given its work: most invocations take about as long. */
const KILL_WITHIN_MS = 60;

/**
 * What goes wrong on purpose in a local cloud, for tests of what runs in it: whoever starts the cloud gives it in, changes
 * the rates while it runs, and reads what happened. Nothing in the cloud can reach it.
 */
export class Faults {
  readonly rates: FaultRates = { kill: 0, killOf: {}, doubleMessage: 0, doubleBatch: 0 };
  readonly #killed = new Map<string, number>();
  readonly #chances = new Map<string, () => number>();
  #doubledMessages = 0;
  #doubledBatches = 0;
  #retriedBatches = 0;

  /** @param seed of every decision: those of one function, queue or stream follow the same course in each run. */
  constructor(private readonly seed = Date.now()) {}

  /** When the worker that is now given work is to be ended; undefined: it is not. Unit: ms from now. */
  killAfterMs(functionName: string): number | undefined {
    const chance = this.#chance(`kill ${functionName}`);
    const { kill, killOf } = this.rates;
    const [, rate = kill] = Object.entries(killOf).find(([part]) => functionName.includes(part)) ?? [];
    const [draw, when] = [chance(), chance()];
    return draw < rate ? when * KILL_WITHIN_MS : undefined;
  }

  /** The worker was really ended before it had answered. */
  killed(functionName: string): void {
    this.#killed.set(functionName, (this.#killed.get(functionName) ?? 0) + 1);
  }

  doublesMessage(queueName: string): boolean {
    const happens = this.#chance(`message ${queueName}`)() < this.rates.doubleMessage;
    if (happens) this.#doubledMessages++;
    return happens;
  }

  doublesBatch(shardId: string): boolean {
    const happens = this.#chance(`batch ${shardId}`)() < this.rates.doubleBatch;
    if (happens) this.#doubledBatches++;
    return happens;
  }

  retriedBatch(): void {
    this.#retriedBatches++;
  }

  get counts(): FaultCounts {
    return {
      killed: Object.fromEntries(this.#killed),
      doubledMessages: this.#doubledMessages,
      doubledBatches: this.#doubledBatches,
      retriedBatches: this.#retriedBatches,
    };
  }

  #chance(of: string): () => number {
    const chance = this.#chances.get(of) ?? numbersFrom(this.seed + hashOf(of));
    this.#chances.set(of, chance);
    return chance;
  }
}

const hashOf = (text: string): number =>
  [...text].reduce((hash, letter) => (Math.imul(hash, 31) + letter.charCodeAt(0)) | 0, 0);

/** Numbers from 0 to below 1 that look random and are the same for the same seed (mulberry32). */
function numbersFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
