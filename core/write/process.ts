import type { ModSeq } from '../../protocol/ids.js';
import { CURRENT_MAX_BYTES } from '../../protocol/limits.js';
import { type Operation, parseOperation } from '../../protocol/operation.js';
import type { OperationResult, OperationStatus } from '../../protocol/operation-result.js';
import type { Fault } from '../../protocol/problem.js';
import { SNAPSHOT_KEYS_MAX, SnapshotTooLarge, WRITES_MAX } from '../ports/store.js';
import { jsonBytes } from '../model/element.js';
import { SyncProblem } from '../model/sync-problem.js';
import type { Draft } from './draft.js';
import { evaluate, keysFor, STAGED_PER_OPERATION_MAX } from './evaluate/evaluate.js';
import { invalid, type Outcome } from './outcome.js';

const KEPT_FREE = 10; // of writes, for head, commit and receipt; of keys, also for unanswered commits of earlier attempts
const TRANSACTION_MAX_BYTES = 3_000_000; // of the database's 4 MB

/** Results are kept for ever, so what a faulty operation can make of them is bounded. */
const FAULTS_MAX = 10;
const POINTER_MAX = 200; // characters
const clipped = ({ pointer, detail }: Fault): Fault => ({ pointer: pointer.slice(0, POINTER_MAX), detail });

/** An operation as it came, and as it was understood. */
export interface Prepared {
  readonly operation: Operation | undefined;
  readonly outcome: Outcome | undefined; // already certain: it is faulty
}

/** As many operations as can be read at one moment, at least the first, and the keys that decide them. */
export function prepare(inputs: readonly unknown[]): { prepared: Prepared[]; keys: ReadonlySet<string> } {
  const prepared: Prepared[] = [];
  const keys = new Set<string>();
  for (const input of inputs) {
    const parsed = parseOperation(input);
    const more = parsed.ok ? keysFor(parsed.operation).filter((key) => !keys.has(key)) : [];
    if (keys.size + more.length > SNAPSHOT_KEYS_MAX - KEPT_FREE) break;
    for (const key of more) keys.add(key);
    prepared.push(
      parsed.ok
        ? { operation: parsed.operation, outcome: undefined }
        : { operation: undefined, outcome: invalid(...parsed.errors) },
    );
  }
  return { prepared, keys };
}

/** Processes fewer operations, at least the first, where all of them touch more than can be read at one moment. */
export async function withFewer<O, T>(
  operations: readonly O[],
  process: (operations: readonly O[]) => Promise<T>,
): Promise<T> {
  for (let count = operations.length; ; count = Math.ceil(count / 2)) {
    try {
      return await process(operations.slice(0, count));
    } catch (error) {
      if (!(error instanceof SnapshotTooLarge) || count <= 1) throw error;
    }
  }
}

/**
 * Evaluates in order, each operation seeing those before it, as many as one commit holds.
 * @param isAnswered whether others of the request were processed before, whose results are an answer by themselves
 * @throws SyncProblem `busy` when there would be no answer.
 */
export function evaluateAll(draft: Draft, prepared: readonly Prepared[], isAnswered = false): Outcome[] {
  const outcomes: Outcome[] = [];
  for (const { operation, outcome } of prepared) {
    const full =
      draft.size + STAGED_PER_OPERATION_MAX > WRITES_MAX - KEPT_FREE || draft.bytes > TRANSACTION_MAX_BYTES;
    if (full && outcomes.length > 0) break;
    const next = operation ? evaluate(draft, operation) : (outcome ?? invalid());
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
