import * as z from 'zod/mini';
import { elementTypesSchema } from './elements/element.js';
import { messageContextSchema } from './elements/message.js';
import { policyIdSchema } from './ids.js';
import { DEVICES_MAX, PUSH_WINDOW_MAX_MS } from './limits.js';

const days = z.int().check(z.gte(1), z.lte(36_500));
const count = z.int().check(z.gte(1));

/** Limits that the service provider sets for a box or a device. An absent member sets no limit. Body of PUT /v1/policies/{policyId}. */
export const policySchema = z.strictObject({
  elementTypes: z.optional(elementTypesSchema),
  maxMessageAgeDays: z.optional(z.partialRecord(messageContextSchema, days)),
  retentionDays: z.optional(days), // days from the commit that created an element
  maxDevices: z.optional(z.int().check(z.gte(1), z.lte(DEVICES_MAX))),
  maxMessages: z.optional(count),
  maxTextBytes: z.optional(z.int().check(z.gte(0))),
  syncTimerSeconds: z.optional(count),
  minPushWindowMs: z.optional(z.int().check(z.gte(0), z.lte(PUSH_WINDOW_MAX_MS))),
});
export type Policy = z.infer<typeof policySchema>;

/** Body of PUT /v1/users/{userId}/box and PUT /v1/users/{userId}/devices/{deviceId}. */
export const policyAssignmentSchema = z.strictObject({ policyId: policyIdSchema });
export type PolicyAssignment = z.infer<typeof policyAssignmentSchema>;

/** The policy of a box without an assigned policy. */
export const DEFAULT_POLICY = policyIdSchema.parse('default');
