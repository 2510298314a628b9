import { isThrottled } from '../../../core/dynamodb/throttling.js';

const NAMES = new Set([
  'InternalServerError',
  'InternalServiceError',
  'LimitExceededException',
  'RequestTimeout',
  'RequestTimeoutException',
  'ServiceUnavailable',
  'ServiceUnavailableException',
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
interface ServiceError extends Error {
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** Errors of AWS services that pass by themselves: throttled, overloaded, not reached. Nothing is wrong with the request. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { name, code, $metadata } = error as ServiceError;
  return (
    NAMES.has(name) ||
    NETWORK_CODES.has(code ?? '') ||
    ($metadata?.httpStatusCode ?? 0) >= 500 ||
    isThrottled(error)
  );
}
