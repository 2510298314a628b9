/** Errors of the database by their names, so that callers need not import its client. */
interface DatabaseError extends Error {
  readonly $metadata?: { readonly attempts?: number };
}

const PARTITION_THROTTLED = 'ProvisionedThroughputExceededException';
const THROTTLED = new Set([PARTITION_THROTTLED, 'ThrottlingException', 'RequestLimitExceeded']);

/** Whether the database throttled a call, for one partition or for the whole account. */
export const isThrottled = (error: unknown): boolean => error instanceof Error && THROTTLED.has(error.name);

/**
 * Whether the partition was throttled, and the call certainly had no effect. A box is one partition, and tables grow with
 * the load of all boxes, so this one box gets too many requests.
 * A write that the database client has sent more than once may have been done the first time.
 */
export const isPartitionThrottled = (error: unknown, kind: 'read' | 'write'): boolean =>
  error instanceof Error &&
  error.name === PARTITION_THROTTLED &&
  (kind === 'read' || (error as DatabaseError).$metadata?.attempts === 1);
