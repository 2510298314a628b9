import type { faultsOf } from '../../protocol/faults.js';
import { UnexpectedAnswer } from './server-problem.js';

type SchemaError = Parameters<typeof faultsOf>[0];
type Issue = SchemaError['issues'][number];

/** A schema of protocol/. */
export interface AnswerSchema<T> {
  safeParse(
    input: unknown,
    options?: { reportInput?: boolean },
  ): { success: true; data: T } | { success: false; error: SchemaError };
}

/**
 * Parses an answer of a server that may be newer than this client. It deletes unknown members from `input`.
 * @throws UnexpectedAnswer for every other difference from the schema.
 */
export function parseAnswer<T>(schema: AnswerSchema<T>, input: unknown): T {
  const strict = schema.safeParse(input, { reportInput: true });
  if (strict.success) return strict.data;
  const faults = strict.error.issues.filter((issue) => !deleteUnknown(input, issue));
  const tolerant = faults.length === 0 ? schema.safeParse(input) : strict;
  if (tolerant.success) return tolerant.data;
  const path = placeOf(tolerant.error.issues[0] as Issue);
  throw new UnexpectedAnswer(`The answer must match the protocol at /${path.join('/')}`, {
    cause: tolerant.error,
  });
}

/** The path of a fault. In a union it is the fault of the shape that accepts the value except for its members. */
function placeOf(issue: Issue): readonly PropertyKey[] {
  const meant =
    issue.code === 'invalid_union'
      ? issue.errors.find(([inner]) => inner && inner.path.length > 0)
      : undefined;
  return meant ? [...issue.path, ...placeOf(meant[0] as Issue)] : issue.path;
}

/** Deletes the unknown members that an issue reports. @returns false if the issue reports anything else. */
function deleteUnknown(root: unknown, issue: Issue): boolean {
  const place = at(root, issue.path);
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) delete (place as Record<string, unknown>)[key];
    return true;
  }
  if (issue.code !== 'invalid_union') return false;
  // The intended shape of a union is the one with no other faults.
  const meant = issue.errors.find((faults) => faults.length > 0 && faults.every(isUnknownMember));
  return meant?.every((fault) => deleteUnknown(place, fault)) ?? false;
}

const isUnknownMember = (issue: Issue): boolean =>
  issue.code === 'unrecognized_keys' ||
  (issue.code === 'invalid_union' &&
    issue.errors.some((faults) => faults.length > 0 && faults.every(isUnknownMember)));

const at = (root: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown>)[key], root);
