import * as z from 'zod/mini';

const utf8 = new TextEncoder();

/** Length in UTF-8, the unit of all byte limits of the protocol. */
export const utf8Length = (text: string): number => utf8.encode(text).length;

const LONE_SURROGATE = /\p{Surrogate}/u;
const CONTROL = /\p{Control}/u;

/** Text that survives UTF-8: a lone surrogate would come back as another character, or be refused by the database. */
export const textSchema = z
  .string()
  .check(z.refine((text) => !LONE_SURROGATE.test(text), 'holds half of a surrogate pair'));

/** Text of one line: at least one character, no control characters. */
export const nameSchema = textSchema.check(
  z.minLength(1, 'is empty'),
  z.refine((text) => !CONTROL.test(text), 'holds a control character'),
);

/** Shape: RFC 3986, a scheme and something behind it, as `tel:+15550100` or `sip:a@example.com`. */
export const uriSchema = nameSchema.check(
  z.maxLength(2048, 'is longer than 2048 characters'),
  z.regex(/^[A-Za-z][A-Za-z0-9+.-]*:\S+$/, 'is no URI, as tel:+15550100'),
);

const RFC3339_UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/;

/** A day the month does not have is rolled over by `Date`, so the day must come back as it was given. */
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
      'is no RFC 3339 time in UTC, as 2026-01-31T08:15:00Z',
    ),
  );

/** An optional member of JSON, for merge patches: null deletes it (RFC 7396). */
export const patchable = <T extends z.core.$ZodType>(schema: T) => z.optional(z.nullable(schema));

/** Some of these members, each with a value of one kind. (A record of the schema library takes far more of a client.) */
export const someOf = <K extends string, T>(names: readonly K[], value: z.ZodMiniType<T>) =>
  z.strictObject(
    Object.fromEntries(names.map((name) => [name, z.optional(value)])) as Record<
      K,
      z.ZodMiniOptional<z.ZodMiniType<T>>
    >,
  );
