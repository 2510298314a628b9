import {
  ConditionalCheckFailedException,
  TransactionCanceledException,
  TransactionConflictException,
} from '@aws-sdk/client-dynamodb';

const OUTRUN = new Set(['None', 'ConditionalCheckFailed', 'TransactionConflict', 'DuplicateItem']);

/** The database refused the write since a condition does not hold or another write was under way: nothing was written. */
export function isRefusal(error: unknown): boolean {
  if (error instanceof ConditionalCheckFailedException || error instanceof TransactionConflictException) {
    return true;
  }
  return (
    error instanceof TransactionCanceledException &&
    (error.CancellationReasons ?? []).every(({ Code }) => OUTRUN.has(Code ?? 'None'))
  );
}

/** A transaction may read 4 MB in all. */
export const isTooLarge = (error: unknown): boolean =>
  error instanceof Error &&
  (error.name === 'ValidationException' || error instanceof TransactionCanceledException) &&
  /size|exceed/i.test(error.message);
