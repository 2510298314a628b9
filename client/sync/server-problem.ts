import { PROBLEM_TYPE_BASE, type Problem, type ProblemKind, problemSchema } from '../../protocol/problem.js';

/**
 * An error answer of the server. `kind` is undefined if the answer is not from this protocol: the 401, 403 and throttling
 * of the gateway, or the page of a proxy.
 */
export class ServerProblem extends Error {
  override readonly name = 'ServerProblem';

  constructor(
    readonly status: number,
    readonly kind: ProblemKind | undefined,
    readonly problem?: Problem,
    readonly retryAfterSeconds?: number,
  ) {
    super([`${status} ${kind ?? ''}`.trim(), problem?.detail ?? problem?.title].filter(Boolean).join(': '));
  }
}

/** No answer, or an incomplete one. The server may have processed the request. `cause` has the reason. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

/** A success whose body does not match the protocol. */
export class UnexpectedAnswer extends Error {
  override readonly name = 'UnexpectedAnswer';
}

/** Parses Retry-After: seconds or a date. Source: RFC 9110. */
function retryAfterSecondsOf(header: string | null, nowMs = Date.now()): number | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header)) return Number(header);
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, (at - nowMs) / 1000);
}

/** Converts an error answer. The body may have any content. */
export function serverProblemOf(status: number, retryAfter: string | null, body: string): ServerProblem {
  const problem = problemSchema.safeParse(jsonOrNothing(body));
  const seconds = retryAfterSecondsOf(retryAfter);
  return problem.success
    ? new ServerProblem(status, kindOf(problem.data), problem.data, seconds)
    : new ServerProblem(status, undefined, undefined, seconds);
}

/** The kind of a problem. A newer server may send unknown kinds. */
const kindOf = ({ type }: Problem): ProblemKind | undefined =>
  type.startsWith(PROBLEM_TYPE_BASE) ? (type.slice(PROBLEM_TYPE_BASE.length) as ProblemKind) : undefined;

function jsonOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether a retry cannot help until the user signs in or the device is registered. */
export const isDenial = (error: unknown): error is ServerProblem =>
  error instanceof ServerProblem &&
  (error.status === 401 || error.status === 403 || error.kind === 'instance-replaced');
