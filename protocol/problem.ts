import * as z from 'zod/mini';

/** Every kind of problem with its HTTP status and title. Source: RULES.md, ER. */
export const PROBLEMS = {
  'invalid-request': { status: 400, title: 'The request does not follow the protocol' },
  'invalid-json': { status: 400, title: 'The body must be JSON' },
  unauthorized: { status: 401, title: 'The token must name a user' },
  'insufficient-scope': { status: 403, title: 'The token does not allow this' },
  'device-not-registered': { status: 403, title: 'This device is not registered in the box' },
  'not-found': { status: 404, title: 'The resource does not exist' },
  'operation-gap': { status: 409, title: 'Operations before the first one are missing' },
  'operation-mismatch': { status: 409, title: 'The server processed another operation with this number' },
  'instance-replaced': { status: 409, title: 'The device is registered with another instance' },
  'too-many-devices': { status: 409, title: 'The box has as many devices as its policy allows' },
  'too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'The body must be application/json' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'The server failed' },
  busy: { status: 503, title: 'The box is busy; try again' },
  unavailable: { status: 503, title: 'Not available right now; try again' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemKind = keyof typeof PROBLEMS;

/** One fault of a body. Shape of `pointer`: RFC 6901, empty for the whole body. `detail` is for people. */
export const faultSchema = z.object({ pointer: z.string(), detail: z.string() });
export type Fault = z.infer<typeof faultSchema>;

/** A problem document. `errors`: the faults of the body. `expectedN`: the first missing number, for `operation-gap`. Source: RFC 9457. */
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

/** Start of `type` in a problem document. */
export const PROBLEM_TYPE_BASE = '/problems/';

/** `type` of a problem document. Shape: `/problems/<kind>`. */
export const problemType = (kind: ProblemKind): string => PROBLEM_TYPE_BASE + kind;

/** The kind that a problem document names; undefined when the protocol does not have it. */
export function problemKindOf(problem: Pick<Problem, 'type'>): ProblemKind | undefined {
  const kind = problem.type.startsWith(PROBLEM_TYPE_BASE) ? problem.type.slice(PROBLEM_TYPE_BASE.length) : '';
  return Object.hasOwn(PROBLEMS, kind) ? (kind as ProblemKind) : undefined;
}
