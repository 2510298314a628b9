import type { ModSeq } from '../../protocol/ids.js';
import { CURRENT_MAX_BYTES } from '../../protocol/limits.js';
import { type Operation, parseOperation } from '../../protocol/operation.js';
import type { OperationResult } from '../../protocol/operation-result.js';
import { SNAPSHOT_KEYS_MAX, WRITES_MAX } from '../store/store.js';
import { jsonBytes } from '../store/wire.js';
import type { Draft } from './draft.js';
import { evaluate, keysFor, STAGED_PER_OPERATION_MAX } from './evaluate/evaluate.js';
import { invalid, type Outcome } from './outcome.js';

const KEPT_FREE = 10; // of keys and writes: head, commit, receipt, and unanswered commits of earlier attempts
const TRANSACTION_MAX_BYTES = 3_000_000; // of the database's 4 MB

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

/** Evaluates in order, each operation seeing those before it, as many as one commit holds. */
export function evaluateAll(draft: Draft, prepared: readonly Prepared[]): Outcome[] {
  const outcomes: Outcome[] = [];
  for (const { operation, outcome } of prepared) {
    const full =
      draft.size + STAGED_PER_OPERATION_MAX > WRITES_MAX - KEPT_FREE || draft.bytes > TRANSACTION_MAX_BYTES;
    if (full && outcomes.length > 0) break;
    outcomes.push(operation ? evaluate(draft, operation) : (outcome ?? invalid()));
  }
  return outcomes;
}

/** An outcome as the answer to its operation. A large `current` is left out; it then stands in the changes. */
export function resultOf({ status, current, errors }: Outcome, modSeq: number, n?: number): OperationResult {
  return {
    ...(n !== undefined && { n }),
    status,
    ...(status === 'applied' && { modSeq: modSeq as ModSeq }),
    ...(current && jsonBytes(current) <= CURRENT_MAX_BYTES && { current }),
    ...(errors && errors.length > 0 && { problem: { errors: [...errors] } }),
  };
}
