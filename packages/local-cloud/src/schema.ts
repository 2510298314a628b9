import * as z from 'zod/mini';

// zod/mini ships without texts; the faults found here are read by people.
z.config(z.locales.en());

/**
 * A property that is accepted and has no effect in the local cloud. The reason is for the reader of the schema; what is
 * neither implemented nor marked so stops the start.
 */
export const withoutEffect = (_reason: string) => z.optional(z.unknown());

/** The faults of a value, one short text each: `a.b: expected string, received number`, or `a.c is not known`. */
export function faultsOf(error: z.core.$ZodError): string[] {
  return error.issues.flatMap((issue) => {
    const at = issue.path.map(String).join('.');
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => `${at ? `${at}.` : ''}${key} is not known`);
    }
    return [`${at || 'value'}: ${issue.message}`];
  });
}
