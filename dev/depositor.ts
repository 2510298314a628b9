import type { HttpCaller } from '../client/sync/http-caller.js';
import { UnexpectedAnswer } from '../client/sync/server-problem.js';
import { REQUEST_MAX_BYTES } from '../protocol/limits.js';
import type { OperationInput } from '../protocol/operation.js';
import type { OperationResult } from '../protocol/operation-result.js';
import { depositResponseSchema } from '../protocol/participating.js';
import { utf8Length } from '../protocol/text.js';
import { faultText } from './cli/message-line.js';

/** The results of a run. Unit: lines. */
export interface DepositCounts {
  lines: number;
  deposited: number;
  alreadyThere: number; // stored by an earlier run, or by an earlier line
  deletedSince: number; // part of alreadyThere: deleted by the user since
  wrong: number; // lines that are not a message
  refused: number; // rejected by the server
}

/** Where and how to deposit. */
export interface DepositorOptions {
  call: HttpCaller;
  user: string;
  batchSize: number; // operations in each request
  signal: AbortSignal;
  onRefused: (lineNumber: number, why: string) => void;
}

interface Waiting {
  lineNumber: number;
  operation: OperationInput;
  bytes: number;
}

const ENVELOPE_BYTES = utf8Length('{"operations":[]}');

/**
 * Deposits operations in batches, in the order of the lines. A repeated run changes nothing: the id of a message
 * depends only on its line, and the server keeps a message that exists.
 */
export class Depositor {
  readonly counts: DepositCounts = {
    lines: 0,
    deposited: 0,
    alreadyThere: 0,
    deletedSince: 0,
    wrong: 0,
    refused: 0,
  };
  #waiting: Waiting[] = [];

  constructor(private readonly options: DepositorOptions) {}

  /**
   * Adds an operation, and sends the waiting ones as soon as they fill a batch.
   * @throws ServerProblem when the server rejects the request, Unreachable when it does not answer.
   */
  async add(lineNumber: number, operation: OperationInput): Promise<void> {
    this.#waiting.push({ lineNumber, operation, bytes: utf8Length(JSON.stringify(operation)) + 1 });
    while (this.#nextBatch().length < this.#waiting.length || this.#waiting.length >= this.options.batchSize)
      await this.#sendBatch();
  }

  /** Sends all waiting operations. */
  async finish(): Promise<void> {
    while (this.#waiting.length > 0) await this.#sendBatch();
  }

  /** The operations that fit into one request, at least one. */
  #nextBatch(): Waiting[] {
    let bytes = ENVELOPE_BYTES;
    const tooMuch = this.#waiting.findIndex((each, i) => {
      bytes += each.bytes;
      return i > 0 && bytes > REQUEST_MAX_BYTES;
    });
    return this.#waiting.slice(0, Math.min(this.options.batchSize, tooMuch < 0 ? Infinity : tooMuch));
  }

  async #sendBatch(): Promise<void> {
    const { call, user, signal } = this.options;
    const batch = this.#nextBatch();
    const { results } = await call({
      method: 'POST',
      path: `/v1/users/${encodeURIComponent(user)}/operations`,
      body: { operations: batch.map(({ operation }) => operation) },
      answer: depositResponseSchema,
      signal,
    });
    if (results.length === 0 || results.length > batch.length)
      throw new UnexpectedAnswer(
        `The server must answer at least one result and at most ${batch.length}, got ${results.length}`,
      );
    for (const [i, result] of results.entries()) this.#count(batch[i]?.lineNumber ?? 0, result);
    // Operations without a result were not processed. The next batch begins with them.
    this.#waiting = this.#waiting.slice(results.length);
  }

  #count(lineNumber: number, { status, problem }: OperationResult): void {
    switch (status) {
      case 'applied':
        this.counts.deposited += 1;
        break;
      case 'gone':
        this.counts.deletedSince += 1;
        this.counts.alreadyThere += 1;
        break;
      case 'exists':
      case 'unchanged':
        this.counts.alreadyThere += 1;
        break;
      default: {
        this.counts.refused += 1;
        const why = problem?.errors?.length ? faultText(problem.errors) : problem?.detail;
        this.options.onRefused(lineNumber, why ? `${status}: ${why}` : status);
      }
    }
  }
}
