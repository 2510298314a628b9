/** Probabilities, 0 to 1. */
export interface FaultRates {
  /** Ends the worker of a function in the middle of an invocation. */
  kill: number;
  /** The same for single functions, by a part of their names. Wins over `kill`. */
  killOf: Readonly<Record<string, number>>;
  /** Makes a received message visible at once, so that it is received again. */
  doubleMessage: number;
  /** Delivers a batch of a stream again after the function has processed it. */
  doubleBatch: number;
}

/** How often each fault has happened since the start. */
export interface FaultCounts {
  /** Interrupted invocations, by name of the function. */
  readonly killed: Readonly<Record<string, number>>;
  readonly doubledMessages: number;
  readonly doubledBatches: number;
  /** Batches of streams that were delivered again because their function had failed. */
  readonly retriedBatches: number;
}

/** Latest moment after the start of an invocation at which its worker is ended. Most invocations take about as long. */
const KILL_WITHIN_MS = 60;

/**
 * Faults that a local cloud injects on purpose, for tests of the application in it. The test passes this object to
 * `startLocalCloud`, changes the rates while the cloud runs, and reads the counts. Functions cannot reach it.
 */
export class Faults {
  readonly rates: FaultRates = { kill: 0, killOf: {}, doubleMessage: 0, doubleBatch: 0 };
  readonly #killed = new Map<string, number>();
  readonly #chances = new Map<string, () => number>();
  #doubledMessages = 0;
  #doubledBatches = 0;
  #retriedBatches = 0;

  /**
   * @param seed decides every fault. With the same seed, each function, queue and stream has the same series of
   * faults.
   */
  constructor(private readonly seed = Date.now()) {}

  /** When to end the worker that now gets an invocation. Unit: ms from now. Undefined: never. */
  killAfterMs(functionName: string): number | undefined {
    const chance = this.#chance(`kill ${functionName}`);
    const { kill, killOf } = this.rates;
    const [, rate = kill] = Object.entries(killOf).find(([part]) => functionName.includes(part)) ?? [];
    const [draw, when] = [chance(), chance()];
    return draw < rate ? when * KILL_WITHIN_MS : undefined;
  }

  /** Counts an invocation whose worker was ended before it answered. */
  killed(functionName: string): void {
    this.#killed.set(functionName, (this.#killed.get(functionName) ?? 0) + 1);
  }

  /** Whether to deliver a received message twice; counts it. */
  doublesMessage(queueName: string): boolean {
    const happens = this.#chance(`message ${queueName}`)() < this.rates.doubleMessage;
    if (happens) this.#doubledMessages++;
    return happens;
  }

  /** Whether to deliver a processed batch twice; counts it. */
  doublesBatch(shardId: string): boolean {
    const happens = this.#chance(`batch ${shardId}`)() < this.rates.doubleBatch;
    if (happens) this.#doubledBatches++;
    return happens;
  }

  /** Counts a batch that is delivered again because its function failed. */
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
