import * as z from 'zod/mini';
import { elementTypesSchema } from './elements/element.js';
import { messageContextSchema } from './elements/message.js';
import { policyIdSchema } from './ids.js';
import { DEVICES_MAX, PUSH_WINDOW_MAX_MS } from './limits.js';

const days = z.int().check(z.gte(1), z.lte(36_500));
const count = z.int().check(z.gte(1));

/** What the service provider allows a box or a device; what is left out is not limited. PUT /v1/policies/{policyId} */
export const policySchema = z.strictObject({
  elementTypes: z.optional(elementTypesSchema),
  maxMessageAgeDays: z.optional(z.partialRecord(messageContextSchema, days)),
  retentionDays: z.optional(days), // from the commit that created an element
  maxDevices: z.optional(z.int().check(z.gte(1), z.lte(DEVICES_MAX))),
  maxMessages: z.optional(count),
  maxTextBytes: z.optional(z.int().check(z.gte(0))),
  syncTimerSeconds: z.optional(count),
  minPushWindowMs: z.optional(z.int().check(z.gte(0), z.lte(PUSH_WINDOW_MAX_MS))),
});
export type Policy = z.infer<typeof policySchema>;

/** PUT /v1/users/{userId}/box and PUT /v1/users/{userId}/devices/{deviceId} */
export const policyAssignmentSchema = z.strictObject({ policyId: policyIdSchema });
export type PolicyAssignment = z.infer<typeof policyAssignmentSchema>;

/** The policy of every box that was assigned no other. */
export const DEFAULT_POLICY = policyIdSchema.parse('default');
