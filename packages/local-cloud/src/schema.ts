import * as z from 'zod/mini';

// zod/mini has no texts by default, and people read these faults.
z.config(z.locales.en());

/**
 * A property that the local cloud accepts and ignores. The reason is for readers of the schema. A property that is
 * neither implemented nor listed in this way is an error.
 */
export const withoutEffect = (_reason: string) => z.optional(z.unknown());

/** The faults of a value, one text each: `a.b: expected string, received number`, or `a.c is not supported`. */
export function faultsOf(error: z.core.$ZodError): string[] {
  return error.issues.flatMap((issue) => {
    const at = issue.path.map(String).join('.');
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => `${at ? `${at}.` : ''}${key} is not supported`);
    }
    return [`${at || 'value'}: ${issue.message}`];
  });
}
