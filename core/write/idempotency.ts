import { createHash } from 'node:crypto';
import { canonicalJson } from '../../protocol/json.js';
import type { NumberedOperation } from '../../protocol/numbered-operation.js';
import type { OperationResult } from '../../protocol/operation-result.js';
import type { Idempotency } from '../model/items.js';
import { SyncProblem } from '../model/sync-problem.js';

const DIGEST_CHARACTERS = 8; // 48 bits: enough to notice a client's mistake, and cheap to keep

const digests = new WeakMap<NumberedOperation, string>();

/**
 * Digest of an operation, the same for every JSON form of it. Computed once for each object, since each attempt to commit
 * needs it. Shape: 8 characters of base64url.
 */
function digestOf(operation: NumberedOperation): string {
  const digest =
    digests.get(operation) ??
    createHash('sha256').update(canonicalJson(operation)).digest('base64url').slice(0, DIGEST_CHARACTERS);
  digests.set(operation, digest);
  return digest;
}

/** The record of a device instance that has not sent an operation yet. */
export const emptyRecord = (since: number): Idempotency => ({
  since,
  lastN: 0,
  firstN: 1,
  digests: [],
  results: [],
});

/**
 * Separates the operations of a request that were processed before from those that are new.
 * `known`: results of the former, `duplicate` where they are no longer kept.
 * @throws SyncProblem `operation-gap` when operations before the first are missing, `operation-mismatch` when another
 * operation was processed under one of the numbers.
 */
export function splitProcessed(
  record: Idempotency,
  operations: readonly NumberedOperation[],
): { known: OperationResult[]; fresh: readonly NumberedOperation[] } {
  const first = operations[0]?.n ?? record.lastN + 1;
  if (first > record.lastN + 1) {
    throw new SyncProblem('operation-gap', {
      detail: `the first operation has n ${first}, and ${record.lastN + 1} was not processed yet`,
      expectedN: record.lastN + 1,
    });
  }
  const known = operations
    .filter(({ n }) => n <= record.lastN)
    .map((operation): OperationResult => {
      const at = operation.n - record.firstN;
      const result = record.results[at];
      if (at < 0 || result === undefined) return { n: operation.n, status: 'duplicate' };
      if (record.digests[at] !== digestOf(operation)) {
        throw new SyncProblem('operation-mismatch', {
          detail: `another operation was processed under n ${operation.n}`,
        });
      }
      return result;
    });
  return { known, fresh: operations.slice(known.length) };
}

/** The record after a request: its results that are still known, followed by the new ones. */
export function recordAfter(
  record: Idempotency,
  operations: readonly NumberedOperation[],
  results: readonly OperationResult[],
): Idempotency {
  const kept = results.filter(({ status }) => status !== 'duplicate');
  const firstN = kept[0]?.n ?? record.firstN;
  return {
    since: record.since,
    lastN: kept.at(-1)?.n ?? record.lastN,
    firstN,
    digests: operations
      .filter(({ n }) => n >= firstN)
      .map(digestOf)
      .slice(0, kept.length),
    results: kept,
  };
}
