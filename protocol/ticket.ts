import * as z from 'zod/mini';

/** Query of the URL of a connection. The server never issues a ticket of another shape. */
export const connectQuerySchema = z.looseObject({
  ticket: z.string().check(z.regex(/^[\w-]{1,128}$/, 'must be a ticket')),
});
