import * as z from 'zod/mini';
import { listedDeviceSchema } from './device.js';
import { forEachType } from './elements/element-types.js';
import { deviceIdSchema, policyIdSchema } from './ids.js';
import { policySchema } from './policy.js';
import { instantSchema } from './text.js';

const count = z.int().check(z.gte(0));

/** Number of live elements by type. Contents of a deleted container count until the server purges them. */
export const countsSchema = z.object(forEachType(() => count));

/** A synchronization request that the server has not sent yet. It is due at a time, or when the device connects. */
export const pendingRequestSchema = z.union([
  z.object({ dueAt: instantSchema }),
  z.object({ onConnect: z.literal(true) }),
]);

const standing = {
  policyId: z.optional(policyIdSchema), // policy of the device, beside the policy of its box
  syncedModSeq: count, // position of its last response, 0 before the first
  syncedAt: z.optional(instantSchema), // time of that response
  lag: count, // commits of the box since then
  connection: z.optional(z.object({ connectedAt: instantSchema })), // absent: not connected
  pendingRequest: z.optional(pendingRequestSchema),
};

/** Progress of a device of a box. */
export const deviceStandingSchema = z.object({
  deviceId: deviceIdSchema,
  name: z.optional(z.string()),
  ...standing,
});
export type DeviceStanding = z.infer<typeof deviceStandingSchema>;

/** GET /v1/users/{userId}/box and GET /v1/box. Unit of `bytes`: bytes of the JSON of all live elements. */
export const boxSchema = z.object({
  policyId: policyIdSchema,
  policy: policySchema, // as it applies now
  modSeq: count,
  changedAt: instantSchema, // time of the last commit
  counts: countsSchema,
  bytes: count,
  devices: z.array(deviceStandingSchema),
});
export type Box = z.infer<typeof boxSchema>;

/** A device in a list for the service provider, with its progress. */
export const watchedDeviceSchema = z.object({ ...listedDeviceSchema.shape, ...standing });
export type WatchedDevice = z.infer<typeof watchedDeviceSchema>;

/** Response of GET /v1/users/{userId}/devices. */
export const watchedDeviceListSchema = z.object({ devices: z.array(watchedDeviceSchema) });
