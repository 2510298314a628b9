import type * as z from 'zod/mini';
import type { Fault } from './problem.js';

const escapePointer = (key: PropertyKey): string => String(key).replaceAll('~', '~0').replaceAll('/', '~1');

/** Shape: JSON pointer of RFC 6901, empty for the whole input. */
export const pointerOf = (path: readonly PropertyKey[]): string =>
  path.map((key) => `/${escapePointer(key)}`).join('');

const DEFAULT_MESSAGE = 'Invalid input';

/** Types of values with an article, by the name that the schema library or `typeof` has for them. */
const TYPE_NAMES: Readonly<Record<string, string>> = {
  array: 'an array',
  boolean: 'a boolean',
  int: 'an integer',
  null: 'null',
  number: 'a number',
  object: 'an object',
  record: 'an object',
  string: 'a string',
  undefined: 'absent',
};

/** A number is shown where another number was expected, as 1.5 for an integer. */
function receivedOf(input: unknown, expected: string): string {
  if (typeof input === 'number' && (expected === 'int' || expected === 'number')) return String(input);
  const type = input === null ? 'null' : Array.isArray(input) ? 'array' : typeof input;
  return TYPE_NAMES[type] ?? type;
}

const detailOf = (issue: z.core.$ZodIssue): string => {
  if (issue.message !== DEFAULT_MESSAGE) return issue.message;
  switch (issue.code) {
    case 'invalid_type': {
      const { input, expected } = issue;
      if (input === undefined) return 'is missing';
      return `must be ${TYPE_NAMES[expected] ?? expected}, got ${receivedOf(input, expected)}`;
    }
    case 'invalid_value': {
      const values = issue.values.map((value) => JSON.stringify(value));
      return `must be ${values.length > 1 ? 'one of ' : ''}${values.join(', ')}`;
    }
    case 'too_small':
      return `must be at least ${issue.minimum}`;
    case 'too_big':
      return `must be at most ${issue.maximum}`;
    case 'invalid_union':
      return 'must have one of the allowed shapes';
    default:
      return issue.message;
  }
};

/** Issues of the closest shape of a union: one that accepts the value as a whole and rejects only parts of it. */
const closest = (issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] | undefined =>
  issue.code === 'invalid_union'
    ? issue.errors.find((issues) => issues.length > 0 && issues.every(({ path }) => path.length > 0))
    : undefined;

function faultsIn(issue: z.core.$ZodIssue, above: readonly PropertyKey[]): Fault[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ pointer: pointerOf([...path, key]), detail: 'is not a known member' }));
  const inner = closest(issue);
  if (inner) return inner.flatMap((each) => faultsIn(each, path));
  return [{ pointer: pointerOf(path), detail: detailOf(issue) }];
}

const depthOf = ({ code, path }: z.core.$ZodIssue): number =>
  path.length + (code === 'unrecognized_keys' ? 1 : 0);

/** All faults of an input, each with its JSON pointer. An unknown member has a pointer of its own. */
export const faultsOf = (error: { readonly issues: readonly z.core.$ZodIssue[] }): Fault[] =>
  [...error.issues]
    .sort((one, other) => depthOf(one) - depthOf(other)) // faults of a whole before those of its parts
    .flatMap((issue) => faultsIn(issue, []));
