import * as z from 'zod/mini';

/** Every kind of problem with its HTTP status, title, and whether a client is told when to come back. */
export const PROBLEMS = {
  'invalid-request': { status: 400, title: 'The request is not as the protocol says' },
  'invalid-json': { status: 400, title: 'The body is not JSON' },
  unauthorized: { status: 401, title: 'Sign in' },
  'insufficient-scope': { status: 403, title: 'The token does not allow this' },
  'device-not-registered': { status: 403, title: 'This device is not registered in the box' },
  'not-found': { status: 404, title: 'There is no such thing here' },
  'operation-gap': { status: 409, title: 'Operations before the first one are missing' },
  'operation-mismatch': { status: 409, title: 'Another operation was processed under this number' },
  'instance-replaced': { status: 409, title: 'The device has been registered with another instance' },
  'too-many-devices': { status: 409, title: 'The box has as many devices as its policy allows' },
  'too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'The body has to be application/json' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Something is wrong on our side' },
  busy: { status: 503, title: 'The box is busy; try again' },
  unavailable: { status: 503, title: 'Not available right now; try again' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemKind = keyof typeof PROBLEMS;

/** One fault of a body. Shape of `pointer`: RFC 6901, empty for the whole body. */
export const faultSchema = z.object({ pointer: z.string(), detail: z.string() });
export type Fault = z.infer<typeof faultSchema>;

/** Source: RFC 9457, with `errors` where the body is at fault and `expectedN` for `operation-gap`. */
export const problemSchema = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.optional(z.string()),
  requestId: z.optional(z.string()),
  errors: z.optional(z.array(faultSchema)),
  expectedN: z.optional(z.int()),
});
export type Problem = z.infer<typeof problemSchema>;

export const PROBLEM_TYPE_BASE = '/problems/';

export const problemType = (kind: ProblemKind): string => PROBLEM_TYPE_BASE + kind;

/** The kind that a problem document names; undefined for one that is not of this protocol. */
export function problemKindOf(problem: Pick<Problem, 'type'>): ProblemKind | undefined {
  const kind = problem.type.startsWith(PROBLEM_TYPE_BASE) ? problem.type.slice(PROBLEM_TYPE_BASE.length) : '';
  return Object.hasOwn(PROBLEMS, kind) ? (kind as ProblemKind) : undefined;
}
