const NAMES = new Set([
  'InternalServerError',
  'InternalServiceError',
  'LimitExceededException',
  'ProvisionedThroughputExceededException',
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
const CANCELLED_FOR = new Set(['ProvisionedThroughputExceeded', 'RequestLimitExceeded', 'ThrottlingError']);

interface ServiceError extends Error {
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly CancellationReasons?: readonly { readonly Code?: string }[];
}

/** Errors of AWS services that pass by themselves: throttled, overloaded, not reached. Nothing is wrong with the request. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { name, code, $metadata, CancellationReasons = [] } = error as ServiceError;
  return (
    NAMES.has(name) ||
    NETWORK_CODES.has(code ?? '') ||
    ($metadata?.httpStatusCode ?? 0) >= 500 ||
    CancellationReasons.some(({ Code }) => CANCELLED_FOR.has(Code ?? ''))
  );
}
