import * as z from 'zod/mini';
import { deviceIdSchema, instanceIdSchema } from './ids.js';
import { effectiveSchema, preferencesSchema } from './preferences.js';

export const limitsSchema = z.object({
  operationsPerRequest: z.int(),
  requestBytes: z.int(),
  elementBytes: z.int(),
  elementsPerResponse: z.int(),
  frameBytes: z.int(),
});

/** A device of the box, as GET shows it. */
export const deviceSchema = z.object({
  deviceId: deviceIdSchema,
  instanceId: instanceIdSchema,
  name: z.optional(z.string()),
  preferences: preferencesSchema,
  effective: effectiveSchema,
  scopeVersion: z.int(),
  lastN: z.int(), // highest operation processed of this instance
  limits: limitsSchema,
});
export type Device = z.infer<typeof deviceSchema>;

/** A device of the box, as a list shows it: where the list would be too large, without these two. */
export const listedDeviceSchema = z.object({
  ...deviceSchema.shape,
  preferences: z.optional(preferencesSchema),
  effective: z.optional(effectiveSchema),
});
export type ListedDevice = z.infer<typeof listedDeviceSchema>;

/** GET /v1/devices */
export const deviceListSchema = z.object({ devices: z.array(listedDeviceSchema) });

/** 201 of POST /v1/devices/{deviceId}/tickets. Unit of `expiresInSeconds`: seconds from now; a ticket works once. */
export const ticketSchema = z.object({ ticket: z.string(), url: z.string(), expiresInSeconds: z.int() });
export type Ticket = z.infer<typeof ticketSchema>;
