const NAMES = new Set([
  'InternalServerError',
  'InternalServiceError',
  'LimitExceededException',
  'RequestLimitExceeded',
  'RequestTimeout',
  'RequestTimeoutException',
  'ServiceUnavailable',
  'ServiceUnavailableException',
  'ThrottlingException',
  'TimeoutError', // of the SDK's HTTP handler, and of middy
  'TooManyRequestsException',
]);
const NETWORK_CODES = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);
const CANCELLED_FOR = new Set(['RequestLimitExceeded']);

const TOO_MUCH_FOR_A_BOX = 'ProvisionedThroughputExceededException';
const CANCELLED_FOR_TOO_MUCH = new Set(['ProvisionedThroughputExceeded', 'ThrottlingError']);

interface ServiceError extends Error {
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly CancellationReasons?: readonly { readonly Code?: string }[];
}

const isCancelledFor = ({ CancellationReasons = [] }: ServiceError, codes: ReadonlySet<string>): boolean =>
  CancellationReasons.some(({ Code }) => codes.has(Code ?? ''));

/**
 * More than the database takes at this place. Its tables grow with what all boxes need, and a box is one partition, so
 * it is this box of which too much is asked.
 */
export const isTooMuch = (error: unknown): boolean =>
  error instanceof Error &&
  (error.name === TOO_MUCH_FOR_A_BOX || isCancelledFor(error, CANCELLED_FOR_TOO_MUCH));

/** Errors of AWS services that pass by themselves: throttled, overloaded, not reached. Nothing is wrong with the request. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { name, code, $metadata } = error as ServiceError;
  return (
    NAMES.has(name) ||
    NETWORK_CODES.has(code ?? '') ||
    ($metadata?.httpStatusCode ?? 0) >= 500 ||
    isCancelledFor(error, CANCELLED_FOR)
  );
}
