import * as z from 'zod/mini';
import { changeSchema } from './elements/element.js';
import { operationResultSchema } from './operation-result.js';
import { effectiveSchema } from './preferences.js';

/** Response 200 of POST /v1/sync. Empty and false members are absent. Only the absence of `hasMore` ends a synchronization. */
export const syncResponseSchema = z.object({
  results: z.optional(z.array(operationResultSchema)),
  changes: z.optional(z.array(changeSchema)),
  syncToken: z.string(),
  hasMore: z.optional(z.boolean()),
  reset: z.optional(z.boolean()),
  backfill: z.optional(z.object({ sent: z.int(), total: z.int() })), // unit: elements; total is an estimate
  nextSyncAfterSeconds: z.optional(z.int()),
  effective: z.optional(effectiveSchema),
});
export type SyncResponse = z.infer<typeof syncResponseSchema>;
