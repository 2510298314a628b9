import * as z from 'zod/mini';
import { DISPOSITIONS_MAX, FLAGS_MAX } from '../limits.js';
import { atMost, instantSchema, nameSchema, uriSchema } from '../text.js';

export const SEEN = '\\Seen';
export const ANSWERED = '\\Answered';

const SYSTEM_FLAGS = new Set([SEEN, ANSWERED, '\\Flagged', '\\Draft', '\\Deleted', '\\read-report-sent']);
const KEYWORD = /^[^\s\\(){}%*"\]]+$/; // an atom, as in RFC 9051

/** A system flag or any keyword, such as `$Forwarded` and `$MDNSent`. Source: RFC 9051. */
export const flagSchema = nameSchema.check(
  atMost(128, 'characters'),
  z.refine(
    (flag) => SYSTEM_FLAGS.has(flag) || KEYWORD.test(flag),
    `must be a keyword or one of ${[...SYSTEM_FLAGS].join(' ')}`,
  ),
);

export const flagsSchema = z.array(flagSchema).check(atMost(FLAGS_MAX, 'flags'));

export const dispositionSchema = z.strictObject({
  participant: uriSchema,
  disposition: z.enum(['delivered', 'displayed']),
  at: instantSchema,
});
export type Disposition = z.infer<typeof dispositionSchema>;

export const dispositionsSchema = z.array(dispositionSchema).check(atMost(DISPOSITIONS_MAX, 'dispositions'));

/** The state of a message: its flags on all devices, and the dispositions that participants reported. */
export const messageStateDataSchema = z.strictObject({
  flags: z.optional(flagsSchema), // sorted, each once
  dispositions: z.optional(dispositionsSchema),
});
export type MessageStateData = z.infer<typeof messageStateDataSchema>;
