import * as z from 'zod/mini';

/**
 * An operation of a device on the wire. Only faults of this shape make the whole request invalid: an operation must be an
 * object and have a number. `parseOperation` checks each operation alone.
 */
export const numberedOperationSchema = z.looseObject({ n: z.int().check(z.gte(1)) });
export type NumberedOperation = z.infer<typeof numberedOperationSchema>;
/** An operation of the Participating Function on the wire. It has no number. */
export const plainOperationSchema = z.looseObject({
  n: z.optional(z.undefined('must be absent: operations of the Participating Function have no n')),
});
