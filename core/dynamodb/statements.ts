import { setTimeout } from 'node:timers/promises';
import {
  type AttributeValue,
  BatchExecuteStatementCommand,
  type BatchStatementError,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { SyncProblem } from '../model/sync-problem.js';

const STATEMENTS_MAX = 25; // of one call
const RETRIES_MAX = 6;
const RETRY_MS = 25; // doubled with each retry

/** A write of one item with a condition of its own. */
export interface Statement {
  readonly Statement: string;
  readonly Parameters: AttributeValue[];
}

/** What became of a statement; `refused`: its condition does not hold, or the item is there already. */
export type Outcome = 'done' | 'refused';

const CONDITION_FAILED_CODES = new Set(['ConditionalCheckFailed', 'DuplicateItem']);
/** Nothing was done, and trying again may help. */
const RETRYABLE_CODES = new Set([
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
  'RequestLimitExceeded',
  'InternalServerError',
  'TransactionConflict',
]);

/**
 * Runs statements, each by itself, in as few calls as possible, all calls at once. One that was throttled is tried again.
 * @returns what became of each, in their order
 * @throws SyncProblem `unavailable` when some stay throttled.
 */
export async function execute(client: DynamoDBClient, statements: readonly Statement[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = new Array(statements.length);
  let rest = statements.map((_, i) => i);
  for (let retry = 0; rest.length > 0; retry++) {
    if (retry > RETRIES_MAX) throw new SyncProblem('unavailable', { detail: 'writes stay throttled' });
    if (retry > 0) await setTimeout(RETRY_MS * 2 ** retry * (0.5 + Math.random() / 2));
    const parts = Array.from({ length: Math.ceil(rest.length / STATEMENTS_MAX) }, (_, i) =>
      rest.slice(i * STATEMENTS_MAX, (i + 1) * STATEMENTS_MAX),
    );
    const again = await Promise.all(parts.map((part) => executePart(client, statements, part, outcomes)));
    rest = again.flat();
  }
  return outcomes;
}

/** @returns indices of the statements to be tried again */
async function executePart(
  client: DynamoDBClient,
  statements: readonly Statement[],
  part: readonly number[],
  outcomes: Outcome[],
): Promise<number[]> {
  const Statements = part.map((i) => statements[i] as Statement);
  const { Responses = [] } = await client.send(new BatchExecuteStatementCommand({ Statements }));
  return part.filter((i, at) => {
    const error = Responses[at]?.Error;
    if (error && RETRYABLE_CODES.has(error.Code ?? '')) return true;
    outcomes[i] = outcomeOf(error);
    return false;
  });
}

function outcomeOf(error: BatchStatementError | undefined): Outcome {
  if (!error) return 'done';
  if (CONDITION_FAILED_CODES.has(error.Code ?? '')) return 'refused';
  throw new Error(`a statement failed: ${error.Code ?? 'no code'}`, { cause: error });
}
