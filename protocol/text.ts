import * as z from 'zod/mini';

const utf8 = new TextEncoder();

/** Length in UTF-8, the unit of all byte limits of the protocol. */
export const utf8Length = (text: string): number => utf8.encode(text).length;

const LONE_SURROGATE = /\p{Surrogate}/u;
const CONTROL = /\p{Control}/u;

/** The error text of a limit. */
export const tooMany = (max: number, unit: string): string => `must have at most ${max} ${unit}`;

/** A check of a text or a list. Unit of `max`: as `unit` names it in the error text, as in `64 flags`. */
export const atMost = (max: number, unit: string) => z.maxLength(max, tooMany(max, unit));

/** Text must not contain lone surrogates. UTF-8 cannot encode them: they would change, or the database would refuse them. */
export const textSchema = z
  .string()
  .check(z.refine((text) => !LONE_SURROGATE.test(text), 'must not contain a lone surrogate'));

/** Text of one line. Shape: at least one character, no control characters. */
export const nameSchema = textSchema.check(
  z.minLength(1, 'must not be empty'),
  z.refine((text) => !CONTROL.test(text), 'must not contain a control character'),
);

/** Shape: RFC 3986, a scheme and at least one character after it, as `tel:+15550100` or `sip:a@example.com`. */
export const uriSchema = nameSchema.check(
  atMost(2048, 'characters'),
  z.regex(/^[A-Za-z][A-Za-z0-9+.-]*:\S+$/, 'must be a URI, such as tel:+15550100'),
);

const RFC3339_UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/;

/** `Date` rolls over a day that the month does not have. Such a day does not come back as it was given. */
const isRealInstant = (text: string): boolean => {
  const at = Date.parse(text);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text.slice(0, 10));
};

/** Shape: RFC 3339 in UTC, as `2026-01-31T08:15:00Z`, with up to nine digits of a second. */
export const instantSchema = z
  .string()
  .check(
    z.refine(
      (text) => RFC3339_UTC.test(text) && isRealInstant(text),
      'must be an RFC 3339 time in UTC, such as 2026-01-31T08:15:00Z',
    ),
  );

/** An optional member of a JSON merge patch: null deletes it. Source: RFC 7396. */
export const patchable = <T extends z.core.$ZodType>(schema: T) => z.optional(z.nullable(schema));

/** An object with some of these members, each with a value of one schema. A record of the schema library needs more bytes of a client. */
export const someOf = <K extends string, T>(names: readonly K[], value: z.ZodMiniType<T>) =>
  z.strictObject(
    Object.fromEntries(names.map((name) => [name, z.optional(value)])) as Record<
      K,
      z.ZodMiniOptional<z.ZodMiniType<T>>
    >,
  );
