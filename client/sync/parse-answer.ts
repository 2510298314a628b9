import type { faultsOf } from '../../protocol/faults.js';
import { UnexpectedAnswer } from './server-problem.js';

type SchemaError = Parameters<typeof faultsOf>[0];
type Issue = SchemaError['issues'][number];

/** What is needed of a schema of protocol/. */
export interface AnswerSchema<T> {
  safeParse(
    input: unknown,
    options?: { reportInput?: boolean },
  ): { success: true; data: T } | { success: false; error: SchemaError };
}

/**
 * Reads what a server says, which may be newer than this client: members that are not known here are left out of
 * `input` and do no harm; anything else that is not as the schema says does.
 * @throws UnexpectedAnswer
 */
export function parseAnswer<T>(schema: AnswerSchema<T>, input: unknown): T {
  const strict = schema.safeParse(input, { reportInput: true });
  if (strict.success) return strict.data;
  const faults = strict.error.issues.filter((issue) => !leaveOutUnknown(input, issue));
  const tolerant = faults.length === 0 ? schema.safeParse(input) : strict;
  if (tolerant.success) return tolerant.data;
  const path = placeOf(tolerant.error.issues[0] as Issue);
  throw new UnexpectedAnswer(`The answer is not as the protocol says: /${path.join('/')}`, {
    cause: tolerant.error,
  });
}

/** Where the fault is; of several shapes in the one that takes the value as a whole, and finds fault with its parts. */
function placeOf(issue: Issue): readonly PropertyKey[] {
  const meant =
    issue.code === 'invalid_union'
      ? issue.errors.find(([inner]) => inner && inner.path.length > 0)
      : undefined;
  return meant ? [...issue.path, ...placeOf(meant[0] as Issue)] : issue.path;
}

/** Takes away what the issue complains of when that is nothing but unknown members; says whether it was. */
function leaveOutUnknown(root: unknown, issue: Issue): boolean {
  const place = at(root, issue.path);
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) delete (place as Record<string, unknown>)[key];
    return true;
  }
  if (issue.code !== 'invalid_union') return false;
  // The shape that was meant is the one to which nothing else is a fault.
  const meant = issue.errors.find((faults) => faults.length > 0 && faults.every(isUnknownMember));
  return meant?.every((fault) => leaveOutUnknown(place, fault)) ?? false;
}

const isUnknownMember = (issue: Issue): boolean =>
  issue.code === 'unrecognized_keys' ||
  (issue.code === 'invalid_union' &&
    issue.errors.some((faults) => faults.length > 0 && faults.every(isUnknownMember)));

const at = (root: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown>)[key], root);
