import * as z from 'zod/mini';
import { deviceIdSchema, instanceIdSchema } from './ids.js';
import { effectiveSchema, preferencesSchema } from './preferences.js';

/** Limits of the server for a client. Source: limits.ts. */
export const limitsSchema = z.object({
  operationsPerRequest: z.int(),
  requestBytes: z.int(),
  elementBytes: z.int(),
  elementsPerResponse: z.int(),
  frameBytes: z.int(),
});

/** A device of the box, in the response of GET /v1/devices/{deviceId}. */
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

/** A device in a list. The server omits `preferences` and `effective` when the list would be too large. */
export const listedDeviceSchema = z.object({
  ...deviceSchema.shape,
  preferences: z.optional(preferencesSchema),
  effective: z.optional(effectiveSchema),
});
export type ListedDevice = z.infer<typeof listedDeviceSchema>;

/** Response of GET /v1/devices. */
export const deviceListSchema = z.object({ devices: z.array(listedDeviceSchema) });

/** Response 201 of POST /v1/devices/{deviceId}/tickets. A ticket is valid once. Unit of `expiresInSeconds`: seconds from now. */
export const ticketSchema = z.object({ ticket: z.string(), url: z.string(), expiresInSeconds: z.int() });
export type Ticket = z.infer<typeof ticketSchema>;
