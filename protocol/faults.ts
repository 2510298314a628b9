import type * as z from 'zod/mini';
import type { Fault } from './problem.js';

const escapePointer = (key: PropertyKey): string => String(key).replaceAll('~', '~0').replaceAll('/', '~1');

export const pointerOf = (path: readonly PropertyKey[]): string =>
  path.map((key) => `/${escapePointer(key)}`).join('');

const DEFAULT_MESSAGE = 'Invalid input';

const detailOf = (issue: z.core.$ZodIssue): string => {
  if (issue.message !== DEFAULT_MESSAGE) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is missing' : `is no ${issue.expected}`;
    case 'invalid_value':
      return `is none of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
    case 'too_small':
      return `is less than ${issue.minimum}`;
    case 'too_big':
      return `is more than ${issue.maximum}`;
    case 'invalid_union':
      return 'has none of the shapes that are allowed here';
    default:
      return issue.message;
  }
};

/** What is wrong with the shape that is closest: one that takes the value as a whole, and finds fault with its parts. */
const closest = (issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] | undefined =>
  issue.code === 'invalid_union'
    ? issue.errors.find((issues) => issues.length > 0 && issues.every(({ path }) => path.length > 0))
    : undefined;

function faultsIn(issue: z.core.$ZodIssue, above: readonly PropertyKey[]): Fault[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ pointer: pointerOf([...path, key]), detail: 'is not known here' }));
  const inner = closest(issue);
  if (inner) return inner.flatMap((each) => faultsIn(each, path));
  return [{ pointer: pointerOf(path), detail: detailOf(issue) }];
}

const depthOf = ({ code, path }: z.core.$ZodIssue): number =>
  path.length + (code === 'unrecognized_keys' ? 1 : 0);

/** All faults of an input, each with the JSON pointer of where it is; an unknown member is named by its own pointer. */
export const faultsOf = (error: z.core.$ZodError): Fault[] =>
  [...error.issues]
    .sort((one, other) => depthOf(one) - depthOf(other)) // of a whole before those of its parts
    .flatMap((issue) => faultsIn(issue, []));
