import * as z from 'zod/mini';
import { elementSchema } from './elements/element.js';
import { modSeqSchema } from './ids.js';
import { faultSchema } from './problem.js';

/** Status of a result. Source: RULES.md, ST. */
export const operationStatusSchema = z.enum([
  'applied',
  'unchanged',
  'exists',
  'conflict',
  'gone',
  'notFound',
  'parentNotFound',
  'invalid',
  'forbidden',
  'quotaExceeded',
  'duplicate',
]);
export type OperationStatus = z.infer<typeof operationStatusSchema>;

/** The result of one operation. `modSeq`: the commit (`applied`). `current`: the present element (`exists`, `conflict`). */
export const operationResultSchema = z.object({
  n: z.optional(z.int()),
  status: operationStatusSchema,
  modSeq: z.optional(modSeqSchema),
  current: z.optional(elementSchema),
  problem: z.optional(z.object({ detail: z.optional(z.string()), errors: z.optional(z.array(faultSchema)) })),
});
export type OperationResult = z.infer<typeof operationResultSchema>;
