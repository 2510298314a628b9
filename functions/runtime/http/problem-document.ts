import { type ProblemDetails, SyncProblem } from '../../../core/model/sync-problem.js';
import { PROBLEMS, type Problem, type ProblemKind, problemType } from '../../../protocol/problem.js';
import { isUnavailable } from '../aws/unavailable.js';
import { describeError, logger } from '../observability/log.js';
import { count, measure } from '../observability/metrics.js';

const COMES_BACK: ReadonlySet<ProblemKind> = new Set(['too-many-requests', 'busy', 'unavailable']);
const RETRY_AFTER_SECONDS = 1; // clients add their own growing jitter

/** The problem for the caller when an error was thrown. An error outside of the protocol becomes `internal` or `unavailable`, without details. */
export function syncProblemOf(error: unknown): SyncProblem {
  if (error instanceof SyncProblem) return error;
  return new SyncProblem(isUnavailable(error) ? 'unavailable' : 'internal', {}, { cause: error });
}

/** Logs a problem: a defect as an error with its causes, a refusal only by its kind. */
export function logProblem(problem: SyncProblem): void {
  const { status } = PROBLEMS[problem.kind];
  if (problem.kind === 'busy') measure(problem.details.isErasing ? count('BusyErasing') : count('Busy'));
  if (COMES_BACK.has(problem.kind)) logger.warn(problem.kind, { error: describeError(problem) });
  else if (status < 500) logger.info('refused', { kind: problem.kind });
  else logger.error(problem.kind, { error: describeError(problem) });
}

/** The default `detail` of each kind: its meaning, or what the client can do. */
const DETAILS: Readonly<Record<ProblemKind, string>> = {
  'invalid-request': 'errors lists each fault with its JSON pointer.',
  'invalid-json': 'The body must be JSON in UTF-8.',
  unauthorized: 'The sub of the token must have 1 to 128 bytes and no control characters.',
  'insufficient-scope': 'Request a token with the scope of this route.',
  'device-not-registered': 'Register the device with PUT /v1/devices/{deviceId}.',
  'not-found': 'The resource of this name does not exist.',
  'operation-gap': 'Send the operations from expectedN on.',
  'operation-mismatch': 'Register a new instance, number the operations again from 1, and send them again.',
  'instance-replaced': 'Register this instance again to take the device back.',
  'too-many-devices': 'Revoke another device of the box first.',
  'too-large': 'Send several smaller requests.',
  'unsupported-media-type': 'Send Content-Type: application/json.',
  'too-many-requests': 'The server did nothing. Send the same request again after the time in Retry-After.',
  internal: 'The request may have taken effect. Send the same request again later.',
  busy: 'Send the same request again after the time in Retry-After.',
  unavailable:
    'The request may have taken effect. Send the same request again after the time in Retry-After.',
};

/** The problem document of a problem. `internal` has no details, because they can contain text of other users. Source: RFC 9457. */
export function problemDocument({ kind, details }: SyncProblem, requestId: string): Problem {
  const { status, title } = PROBLEMS[kind];
  const { detail = DETAILS[kind], errors, expectedN }: ProblemDetails = kind === 'internal' ? {} : details;
  return {
    type: problemType(kind),
    title,
    status,
    detail,
    requestId,
    ...(errors !== undefined && { errors }),
    ...(expectedN !== undefined && { expectedN }),
  };
}

/** Value of the Retry-After header; undefined when a retry does not help. Unit: whole seconds. */
export function retryAfterSeconds({ kind, details }: SyncProblem): number | undefined {
  const seconds = details.retryAfterSeconds ?? (COMES_BACK.has(kind) ? RETRY_AFTER_SECONDS : undefined);
  return seconds === undefined ? undefined : Math.ceil(seconds);
}
