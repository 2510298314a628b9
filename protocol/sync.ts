import * as z from 'zod/mini';
import { changeSchema } from './elements/element.js';
import { deviceIdSchema, instanceIdSchema } from './ids.js';
import { OPERATIONS_MAX, PAGE_DEFAULT, PAGE_MAX, SYNC_TOKEN_MAX } from './limits.js';
import { numberedOperationSchema } from './operation.js';
import { operationResultSchema } from './operation-result.js';
import { effectiveSchema } from './preferences.js';

const ascendingByOne = (operations: { n: number }[]) =>
  operations.every((operation, i) => i === 0 || operation.n === (operations[i - 1]?.n ?? 0) + 1);

/** What HTTP and the socket have in common; the socket's connection already says which device and instance it is. */
export const syncBodySchema = z.strictObject({
  syncToken: z.optional(
    z.string().check(z.maxLength(SYNC_TOKEN_MAX, `is longer than ${SYNC_TOKEN_MAX} characters`)),
  ), // absent: initial synchronization
  operations: z._default(
    z
      .array(numberedOperationSchema)
      .check(
        z.maxLength(OPERATIONS_MAX, `holds more than ${OPERATIONS_MAX} operations`),
        z.refine(ascendingByOne, 'the numbers n do not ascend by one'),
      ),
    [],
  ),
  limit: z._default(z.int().check(z.gte(1), z.lte(PAGE_MAX)), PAGE_DEFAULT), // elements a response
});
export type SyncBody = z.infer<typeof syncBodySchema>;

/** POST /v1/sync */
export const syncRequestSchema = z.extend(syncBodySchema, {
  deviceId: deviceIdSchema,
  instanceId: instanceIdSchema,
});
export type SyncRequest = z.infer<typeof syncRequestSchema>;
export type SyncRequestInput = z.input<typeof syncRequestSchema>;

/** 200 of POST /v1/sync. Members that are empty or false are absent. Only the absence of `hasMore` ends a synchronization. */
export const syncResponseSchema = z.object({
  results: z.optional(z.array(operationResultSchema)),
  changes: z.optional(z.array(changeSchema)),
  syncToken: z.string(),
  hasMore: z.optional(z.boolean()),
  reset: z.optional(z.boolean()),
  backfill: z.optional(z.object({ sent: z.int(), total: z.int() })), // elements; total is an estimate
  nextSyncAfterSeconds: z.optional(z.int()),
  effective: z.optional(effectiveSchema),
});
export type SyncResponse = z.infer<typeof syncResponseSchema>;
