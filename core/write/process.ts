import type { ModSeq } from '../../protocol/ids.js';
import { CURRENT_MAX_BYTES } from '../../protocol/limits.js';
import { type Operation, parseOperation } from '../../protocol/operation.js';
import type { OperationResult, OperationStatus } from '../../protocol/operation-result.js';
import type { Fault } from '../../protocol/problem.js';
import { jsonBytes } from '../model/element.js';
import { SyncProblem } from '../model/sync-problem.js';
import { evaluate, keysFor } from './evaluate/evaluate.js';
import { invalid, type Outcome } from './outcome.js';
import type { UnitOfWork } from './unit-of-work.js';

/** An entry and its overflow are written before the answer: more than this waits for the next request. */
const COMMIT_MAX_BYTES = 1_500_000; // of JSON

/** Results are kept for ever, so what a faulty operation can make of them is bounded. */
const FAULTS_MAX = 10;
const POINTER_MAX = 200; // characters
const clipped = ({ pointer, detail }: Fault): Fault => ({ pointer: pointer.slice(0, POINTER_MAX), detail });

/** An operation as it came, and as it was understood. */
export interface Prepared {
  readonly operation: Operation | undefined;
  readonly outcome: Outcome | undefined; // already certain: it is faulty
}

/** The operations as they were understood, and the keys that decide them. */
export function prepare(inputs: readonly unknown[]): { prepared: Prepared[]; keys: ReadonlySet<string> } {
  const prepared = inputs.map((input): Prepared => {
    const parsed = parseOperation(input);
    return parsed.ok
      ? { operation: parsed.operation, outcome: undefined }
      : { operation: undefined, outcome: invalid(...parsed.errors) };
  });
  const keys = new Set(prepared.flatMap(({ operation }) => (operation ? keysFor(operation) : [])));
  return { prepared, keys };
}

/**
 * Evaluates in order, each operation seeing those before it, as many as one commit holds.
 * @param isAnswered whether others of the request were processed before, whose results are an answer by themselves
 * @throws SyncProblem `busy` when there would be no answer.
 */
export function evaluateAll(work: UnitOfWork, prepared: readonly Prepared[], isAnswered = false): Outcome[] {
  const outcomes: Outcome[] = [];
  for (const { operation, outcome } of prepared) {
    if (work.bytes > COMMIT_MAX_BYTES && outcomes.length > 0) break;
    const next = operation ? evaluate(work, operation) : (outcome ?? invalid());
    if (next.status === 'later') {
      if (isAnswered || outcomes.length > 0) break;
      throw new SyncProblem('busy', { detail: 'too much is being cleared away', retryAfterSeconds: 5 });
    }
    outcomes.push(next);
  }
  return outcomes;
}

/** An outcome as the answer to its operation. A large `current` is left out; it then stands in the changes. */
export function resultOf({ status, current, errors }: Outcome, modSeq: number, n?: number): OperationResult {
  return {
    ...(n !== undefined && { n }),
    status: status as OperationStatus,
    ...(status === 'applied' && { modSeq: modSeq as ModSeq }),
    ...(current && jsonBytes(current) <= CURRENT_MAX_BYTES && { current }),
    ...(errors && errors.length > 0 && { problem: { errors: errors.slice(0, FAULTS_MAX).map(clipped) } }),
  };
}
