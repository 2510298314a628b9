/** Errors by their names alone: who asks need not carry the client of the database. */
interface DatabaseError extends Error {
  readonly $metadata?: { readonly attempts?: number };
  readonly CancellationReasons?: readonly { readonly Code?: string }[];
}

const TOO_MUCH = new Set([
  'ProvisionedThroughputExceededException',
  'ProvisionedThroughputExceeded', // as a reason why a transaction was cancelled
  'ThrottlingError',
]);
const THROTTLED = new Set([...TOO_MUCH, 'ThrottlingException', 'RequestLimitExceeded']);

const isNamed = (error: unknown, names: ReadonlySet<string>): boolean => {
  if (!(error instanceof Error)) return false;
  const { name, CancellationReasons = [] } = error as DatabaseError;
  return names.has(name) || CancellationReasons.some(({ Code }) => names.has(Code ?? ''));
};

/** The database has too much to do: at this place, or in all. */
export const isThrottled = (error: unknown): boolean => isNamed(error, THROTTLED);

/**
 * More than the database takes at this place, and it surely did nothing. Its tables grow with what all boxes need, and a
 * box is one partition, so it is this box of which too much is asked.
 * A write that its client has sent more than once may have been done the first time.
 */
export const isRefusedAsTooMuch = (error: unknown, kind: 'read' | 'write'): boolean =>
  isNamed(error, TOO_MUCH) && (kind === 'read' || (error as DatabaseError).$metadata?.attempts === 1);
