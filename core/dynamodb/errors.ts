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
  if (!(error instanceof TransactionCanceledException)) return false;
  const reasons = error.CancellationReasons ?? [];
  return reasons.length > 0 && reasons.every(({ Code }) => OUTRUN.has(Code ?? 'None'));
}

const TOO_LARGE = /too large|size|exceed/i;

/** A transaction may read 4 MB in all. Told as a fault of the request; a cancelled one names it among its reasons. */
export function isTooLarge(error: unknown): boolean {
  if (error instanceof TransactionCanceledException) {
    const reasons = error.CancellationReasons ?? [];
    return reasons.some(({ Code, Message = '' }) => Code === 'ValidationError' && TOO_LARGE.test(Message));
  }
  return error instanceof Error && error.name === 'ValidationException' && TOO_LARGE.test(error.message);
}
