import { PROBLEM_TYPE_BASE, type Problem, type ProblemKind, problemSchema } from '../../protocol/problem.js';

/**
 * An answer that is no success. `kind` is undefined where the answer is not of this protocol: the gateway's own 401,
 * 403 and throttling, a proxy's page.
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

/** No answer at all, or one cut short: whether the request was carried out is unknown. `cause` has the reason. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

/** A success whose body is not what the protocol says. */
export class UnexpectedAnswer extends Error {
  override readonly name = 'UnexpectedAnswer';
}

/** Shape of `header`: RFC 9110, seconds or a date. */
export function retryAfterSecondsOf(header: string | null, nowMs = Date.now()): number | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header)) return Number(header);
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, (at - nowMs) / 1000);
}

export function serverProblemOf(status: number, retryAfter: string | null, body: string): ServerProblem {
  const problem = problemSchema.safeParse(jsonOrNothing(body));
  const seconds = retryAfterSecondsOf(retryAfter);
  return problem.success
    ? new ServerProblem(status, kindOf(problem.data), problem.data, seconds)
    : new ServerProblem(status, undefined, undefined, seconds);
}

/** A newer server may know others; none of them needs the table of those known here. */
const kindOf = ({ type }: Problem): ProblemKind | undefined =>
  type.startsWith(PROBLEM_TYPE_BASE) ? (type.slice(PROBLEM_TYPE_BASE.length) as ProblemKind) : undefined;

function jsonOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Trying again cannot help: the user has to sign in, or the device to be registered, first. */
export const isDenial = (error: unknown): error is ServerProblem =>
  error instanceof ServerProblem &&
  (error.status === 401 || error.status === 403 || error.kind === 'instance-replaced');
