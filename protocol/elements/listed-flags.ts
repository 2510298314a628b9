import * as z from 'zod/mini';
import { FLAGS_LISTED_MAX, FLAGS_MAX } from '../limits.js';
import { atMost, tooMany } from '../text.js';
import { ifList } from '../validation.js';
import { flagSchema } from './message-state.js';

// Lists of flags in operations. A list can repeat a flag, because FLAGS_MAX limits the set of flags.

const TOO_MANY = tooMany(FLAGS_MAX, 'flags');

const listOfFlags = (...checks: readonly z.core.$ZodCheck<string[]>[]) =>
  z.array(flagSchema).check(atMost(FLAGS_LISTED_MAX, 'flags'), ...checks);

/** Flags of a new message. */
export const firstFlagsSchema = listOfFlags(
  z.refine<readonly string[]>((flags) => new Set(flags).size <= FLAGS_MAX, { error: TOO_MANY, when: ifList }),
);

export const listedFlagsSchema = listOfFlags();

interface FlagChanges {
  readonly addFlags?: readonly string[] | undefined;
  readonly removeFlags?: readonly string[] | undefined;
}

/** Limits the flags that are added and not removed by the same operation. */
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
