import { type ProblemDetails, SyncProblem } from '../../../core/model/sync-problem.js';
import { PROBLEMS, type Problem, type ProblemKind, problemType } from '../../../protocol/problem.js';
import { isUnavailable } from '../aws/unavailable.js';
import { describeError, logger } from '../observability/log.js';
import { count, measure } from '../observability/metrics.js';

const COMES_BACK: ReadonlySet<ProblemKind> = new Set(['too-many-requests', 'busy', 'unavailable']);
const RETRY_AFTER_SECONDS = 1; // clients add their own growing jitter

/** The problem that a thrown error is to its caller; what is not of the protocol tells nothing of itself. */
export function syncProblemOf(error: unknown): SyncProblem {
  if (error instanceof SyncProblem) return error;
  return new SyncProblem(isUnavailable(error) ? 'unavailable' : 'internal', {}, { cause: error });
}

/** Notes a problem: defects as errors with their causes, refusals by their kind alone. */
export function logProblem(problem: SyncProblem): void {
  const { status } = PROBLEMS[problem.kind];
  if (problem.kind === 'busy') measure(problem.details.isErasing ? count('BusyErasing') : count('Busy'));
  if (COMES_BACK.has(problem.kind)) logger.warn(problem.kind, { error: describeError(problem) });
  else if (status < 500) logger.info('refused', { kind: problem.kind });
  else logger.error(problem.kind, { error: describeError(problem) });
}

/** What a problem tells where there is nothing more to say of this one: what it means, or what to do. */
const DETAILS: Readonly<Record<ProblemKind, string>> = {
  'invalid-request': 'errors lists what is wrong, each with a JSON pointer to where it is.',
  'invalid-json': 'The body cannot be read as JSON in UTF-8.',
  unauthorized: 'The token names no user: its sub has to be 1 to 128 bytes without control characters.',
  'insufficient-scope': 'Ask for a token with the scope of this route.',
  'device-not-registered': 'Register it with PUT /v1/devices/{deviceId}.',
  'not-found': 'Nothing is there under this name.',
  'operation-gap': 'Send the operations from expectedN on.',
  'operation-mismatch': 'Register a new instance, number the operations anew and send them again.',
  'instance-replaced': 'Register this instance again to take the device back.',
  'too-many-devices': 'Revoke another device of the box first.',
  'too-large': 'Send less at once, in several requests.',
  'unsupported-media-type': 'Send Content-Type: application/json.',
  'too-many-requests': 'Nothing was done. Send the same again after the time in Retry-After.',
  internal: 'It is not known whether the request was carried out. Send the same again later.',
  busy: 'Send the same again after the time in Retry-After.',
  unavailable:
    'It is not known whether the request was carried out. Send the same again after the time in Retry-After.',
};

/** Source: RFC 9457. */
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

/** Whole seconds for the Retry-After header; undefined where coming back changes nothing. */
export function retryAfterSeconds({ kind, details }: SyncProblem): number | undefined {
  const seconds = details.retryAfterSeconds ?? (COMES_BACK.has(kind) ? RETRY_AFTER_SECONDS : undefined);
  return seconds === undefined ? undefined : Math.ceil(seconds);
}
