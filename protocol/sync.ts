import * as z from 'zod/mini';
import { deviceIdSchema, instanceIdSchema } from './ids.js';
import { OPERATIONS_MAX, PAGE_DEFAULT, PAGE_MAX } from './limits.js';
import { numberedOperationSchema } from './numbered-operation.js';
import { atMost } from './text.js';
import { ifList } from './validation.js';

export { type SyncResponse, syncResponseSchema } from './sync-response.js';

/** Checks only operations with a number. A missing number is a fault of its own. */
const ascendingByOne = z.refine<readonly unknown[]>(
  (operations) => {
    const starts = operations.flatMap((operation, i) => {
      const { n } = Object(operation);
      return Number.isSafeInteger(n) ? [n - i] : [];
    });
    return starts.every((start) => start === starts[0]);
  },
  { error: 'must have numbers n that ascend by one', when: ifList },
);

/** Members of a synchronization over HTTP and over the WebSocket, whose connection already names device and instance. */
export const syncBodySchema = z.strictObject({
  syncToken: z.optional(z.string()), // absent: initial synchronization; not a token: reset
  operations: z._default(
    z.array(numberedOperationSchema).check(atMost(OPERATIONS_MAX, 'operations'), ascendingByOne),
    [],
  ),
  limit: z._default(z.int().check(z.gte(1), z.lte(PAGE_MAX)), PAGE_DEFAULT), // elements per response
});
export type SyncBody = z.infer<typeof syncBodySchema>;

/** Body of POST /v1/sync. */
export const syncRequestSchema = z.strictObject({
  ...syncBodySchema.shape,
  deviceId: deviceIdSchema,
  instanceId: instanceIdSchema,
});
export type SyncRequest = z.infer<typeof syncRequestSchema>;
export type SyncRequestInput = z.input<typeof syncRequestSchema>;
