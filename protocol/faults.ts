import type * as z from 'zod/mini';
import type { Fault } from './problem.js';

const escapePointer = (key: PropertyKey): string => String(key).replaceAll('~', '~0').replaceAll('/', '~1');

export const pointerOf = (path: readonly PropertyKey[]): string =>
  path.map((key) => `/${escapePointer(key)}`).join('');

const detailOf = (issue: z.core.$ZodIssue): string => {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is missing' : `is no ${issue.expected}`;
    case 'invalid_value':
      return `is none of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
    case 'too_small':
      return issue.message === 'Invalid input' ? `is less than ${issue.minimum}` : issue.message;
    case 'too_big':
      return issue.message === 'Invalid input' ? `is more than ${issue.maximum}` : issue.message;
    case 'invalid_union':
      return 'has none of the shapes that are allowed here';
    default:
      return issue.message;
  }
};

/** All faults of an input, each with the JSON pointer of where it is; an unknown member is named by its own pointer. */
export function faultsOf(error: z.core.$ZodError): Fault[] {
  return error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ pointer: pointerOf([...issue.path, key]), detail: 'is not known here' }))
      : [{ pointer: pointerOf(issue.path), detail: detailOf(issue) }],
  );
}
