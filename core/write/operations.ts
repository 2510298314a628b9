import type { ModSeq } from '../../protocol/ids.js';
import { CURRENT_MAX_BYTES } from '../../protocol/limits.js';
import { type Operation, parseOperation } from '../../protocol/operation.js';
import type { OperationResult } from '../../protocol/operation-result.js';
import type { Fault } from '../../protocol/problem.js';
import { jsonBytes } from '../model/element.js';
import { SyncProblem } from '../model/sync-problem.js';
import { evaluate, keysFor } from './evaluate/evaluate.js';
import { invalid, type Outcome } from './outcome.js';
import type { UnitOfWork } from './unit-of-work.js';

/** An entry and its overflow are written before the answer, so a commit has a limit. Unit: bytes of JSON. */
const COMMIT_MAX_BYTES = 1_500_000;

/** Results are kept for ever, so the size of those of faulty operations is limited. */
const FAULTS_MAX = 10;
const POINTER_MAX = 200; // characters
const clipped = ({ pointer, detail }: Fault): Fault => ({ pointer: pointer.slice(0, POINTER_MAX), detail });

/** A valid operation, or the outcome of a faulty one. */
export type ParsedOperation = { readonly operation: Operation } | { readonly outcome: Outcome };

/** Validates the operations of a request. `keys`: of the items that evaluating them reads. */
export function parseOperations(inputs: readonly unknown[]): {
  parsed: ParsedOperation[];
  keys: ReadonlySet<string>;
} {
  const parsed = inputs.map((input): ParsedOperation => {
    const result = parseOperation(input);
    return result.ok ? { operation: result.operation } : { outcome: invalid(...result.errors) };
  });
  const keys = new Set(parsed.flatMap((each) => ('operation' in each ? keysFor(each.operation) : [])));
  return { parsed, keys };
}

/**
 * Evaluates operations in order, each after those before it, as many as one commit can hold.
 * @param isAnswered whether other operations of the request were processed before: their results are an answer by themselves
 * @throws SyncProblem `busy` when there would be no answer.
 */
export async function evaluateAll(
  work: UnitOfWork,
  parsed: readonly ParsedOperation[],
  isAnswered = false,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const each of parsed) {
    if (work.bytes > COMMIT_MAX_BYTES && outcomes.length > 0) break;
    const outcome = 'operation' in each ? await evaluate(work, each.operation) : each.outcome;
    if (outcome === 'deferred') {
      if (isAnswered || outcomes.length > 0) break;
      throw new SyncProblem('busy', {
        detail: 'the box must first purge containers that were deleted; send the same again',
        retryAfterSeconds: 5,
      });
    }
    outcomes.push(outcome);
  }
  return outcomes;
}

/** The result that the protocol has for an outcome. A large `current` is left out: the changes of the response contain it. */
export function resultOf({ status, current, errors }: Outcome, modSeq: number, n?: number): OperationResult {
  return {
    ...(n !== undefined && { n }),
    status,
    ...(status === 'applied' && { modSeq: modSeq as ModSeq }),
    ...(current && jsonBytes(current) <= CURRENT_MAX_BYTES && { current }),
    ...(errors && errors.length > 0 && { problem: { errors: errors.slice(0, FAULTS_MAX).map(clipped) } }),
  };
}
