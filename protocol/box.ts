import * as z from 'zod/mini';
import { listedDeviceSchema } from './device.js';
import { forEachType } from './elements/element-types.js';
import { deviceIdSchema, policyIdSchema } from './ids.js';
import { policySchema } from './policy.js';
import { instantSchema } from './text.js';

const count = z.int().check(z.gte(0));

/** Live elements by type. What a deleted container held counts until the server has cleared it away. */
export const countsSchema = z.object(forEachType(() => count));

/** A synchronization request that the device was not sent yet: it is due at a time, or decided on when it connects. */
export const pendingRequestSchema = z.union([
  z.object({ dueAt: instantSchema }),
  z.object({ onConnect: z.literal(true) }),
]);

const standing = {
  policyId: z.optional(policyIdSchema), // its own, beside that of its box
  syncedModSeq: count, // position of its last response, 0 before the first
  syncedAt: z.optional(instantSchema), // when it got there
  lag: count, // commits that the box has had since
  connection: z.optional(z.object({ connectedAt: instantSchema })), // absent: not connected
  pendingRequest: z.optional(pendingRequestSchema),
};

/** Where a device of a box stands. */
export const deviceStandingSchema = z.object({
  deviceId: deviceIdSchema,
  name: z.optional(z.string()),
  ...standing,
});
export type DeviceStanding = z.infer<typeof deviceStandingSchema>;

/** GET /v1/users/{userId}/box and GET /v1/box. Unit of `bytes`: bytes of the JSON of all live elements. */
export const boxSchema = z.object({
  policyId: policyIdSchema,
  policy: policySchema, // as it holds now
  modSeq: count,
  changedAt: instantSchema, // time of the last commit
  counts: countsSchema,
  bytes: count,
  devices: z.array(deviceStandingSchema),
});
export type Box = z.infer<typeof boxSchema>;

/** A device in a list, as the service provider sees it. */
export const watchedDeviceSchema = z.object({ ...listedDeviceSchema.shape, ...standing });
export type WatchedDevice = z.infer<typeof watchedDeviceSchema>;

/** GET /v1/users/{userId}/devices */
export const watchedDeviceListSchema = z.object({ devices: z.array(watchedDeviceSchema) });
