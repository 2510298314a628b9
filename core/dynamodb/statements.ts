import { setTimeout } from 'node:timers/promises';
import {
  type AttributeValue,
  BatchExecuteStatementCommand,
  type BatchStatementError,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { SyncProblem } from '../model/sync-problem.js';
import { AGAIN, type RetryOptions, retry } from '../ports/retry.js';

const STATEMENTS_MAX = 25; // of one call
const ATTEMPTS_MAX = 7;
const RETRY_MS = 25; // doubled with each retry

/** A write of one item with a condition of its own. */
export interface Statement {
  readonly Statement: string;
  readonly Parameters: AttributeValue[];
}

/** Result of a statement; `conflict`: its condition does not hold, or the item exists already. */
export type StatementResult = 'done' | 'conflict';

const CONDITION_FAILED_CODES = new Set(['ConditionalCheckFailed', 'DuplicateItem']);
/** Codes of statements that had no effect and may succeed when they are retried. */
const RETRYABLE_CODES = new Set([
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
  'RequestLimitExceeded',
  'InternalServerError',
  'TransactionConflict',
]);

const STATEMENT_RETRIES: RetryOptions = {
  attempts: ATTEMPTS_MAX,
  pause: (attempt) => setTimeout(RETRY_MS * 2 ** attempt * (0.5 + Math.random() / 2)),
  exhausted: () =>
    new SyncProblem('unavailable', { detail: 'the database throttled writes during all retries' }),
};

/**
 * Runs statements, each with its own result, in as few calls as possible, all calls at once. Throttled ones are retried.
 * @returns their results, in the same order
 * @throws SyncProblem `unavailable` when some stay throttled.
 */
export async function execute(
  client: DynamoDBClient,
  statements: readonly Statement[],
): Promise<StatementResult[]> {
  const results: StatementResult[] = new Array(statements.length);
  let rest = statements.map((_, i) => i);
  return retry(STATEMENT_RETRIES, async () => {
    const parts = Array.from({ length: Math.ceil(rest.length / STATEMENTS_MAX) }, (_, i) =>
      rest.slice(i * STATEMENTS_MAX, (i + 1) * STATEMENTS_MAX),
    );
    const again = await Promise.all(parts.map((part) => executePart(client, statements, part, results)));
    rest = again.flat();
    return rest.length > 0 ? AGAIN : results;
  });
}

/** Runs a part of the statements and stores their results. @returns indices of the statements to retry */
async function executePart(
  client: DynamoDBClient,
  statements: readonly Statement[],
  part: readonly number[],
  results: StatementResult[],
): Promise<number[]> {
  const Statements = part.map((i) => statements[i] as Statement);
  const { Responses = [] } = await client.send(new BatchExecuteStatementCommand({ Statements }));
  return part.filter((i, at) => {
    const error = Responses[at]?.Error;
    if (error && RETRYABLE_CODES.has(error.Code ?? '')) return true;
    results[i] = resultOf(error);
    return false;
  });
}

function resultOf(error: BatchStatementError | undefined): StatementResult {
  if (!error) return 'done';
  if (CONDITION_FAILED_CODES.has(error.Code ?? '')) return 'conflict';
  throw new Error(`a statement failed: ${error.Code ?? 'no code'}`, { cause: error });
}
