import * as z from 'zod/mini';

/**
 * Operations on the wire. Only what decides the fate of the whole request is checked here (that they are objects,
 * and their numbers); the rest is checked one by one, by `parseOperation`.
 */
export const numberedOperationSchema = z.looseObject({ n: z.int().check(z.gte(1)) });
export type NumberedOperation = z.infer<typeof numberedOperationSchema>;
export const plainOperationSchema = z.looseObject({
  n: z.optional(z.undefined('must be absent: operations of the Participating Function have no n')),
});
