import * as z from 'zod/mini';
import { FLAGS_LISTED_MAX, FLAGS_MAX } from '../limits.js';
import { atMost, tooMany } from '../text.js';
import { ifList } from '../validation.js';
import { flagSchema } from './message-state.js';

// Flags as operations list them: one may be named more than once, and it is the set of them that an element limits.

const TOO_MANY = tooMany(FLAGS_MAX, 'flags');

const listOfFlags = (...checks: readonly z.core.$ZodCheck<string[]>[]) =>
  z.array(flagSchema).check(atMost(FLAGS_LISTED_MAX, 'flags'), ...checks);

/** Flags of a message that is created. */
export const firstFlagsSchema = listOfFlags(
  z.refine<readonly string[]>((flags) => new Set(flags).size <= FLAGS_MAX, { error: TOO_MANY, when: ifList }),
);

export const listedFlagsSchema = listOfFlags();

interface FlagChanges {
  readonly addFlags?: readonly string[] | undefined;
  readonly removeFlags?: readonly string[] | undefined;
}

/** That of the flags which are added no more stay than an element can have. */
export const fewEnoughStay = z.refine<FlagChanges>(
  ({ addFlags = [], removeFlags = [] }) => {
    const removed = new Set(removeFlags);
    return new Set(addFlags.filter((flag) => !removed.has(flag))).size <= FLAGS_MAX;
  },
  {
    error: TOO_MANY,
    path: ['addFlags'],
    when: ({ value }) => [Object(value).addFlags, Object(value).removeFlags ?? []].every(Array.isArray),
  },
);
