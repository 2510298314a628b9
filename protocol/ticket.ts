import * as z from 'zod/mini';

/** A ticket in the URL of a connection; what is of another shape was never issued. */
export const connectQuerySchema = z.looseObject({
  ticket: z.string().check(z.regex(/^[\w-]{1,128}$/, 'must be a ticket')),
});
