import * as z from 'zod/mini';
import { OPERATIONS_MAX } from './limits.js';
import { plainOperationSchema } from './numbered-operation.js';
import { operationResultSchema } from './operation-result.js';
import { atMost } from './text.js';

/** Body of POST /v1/users/{userId}/operations. */
export const depositRequestSchema = z.strictObject({
  operations: z
    .array(plainOperationSchema)
    .check(z.minLength(1, 'must not be empty'), atMost(OPERATIONS_MAX, 'operations')),
});
export type DepositRequest = z.infer<typeof depositRequestSchema>;

/** Results of a deposit. The caller sends operations without a result again. `modSeq`: of the box, 0 before its first commit. */
export const depositResponseSchema = z.object({
  results: z.array(operationResultSchema),
  modSeq: z.int(),
});
export type DepositResponse = z.infer<typeof depositResponseSchema>;
