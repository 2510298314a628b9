import * as z from 'zod/mini';
import { instanceIdSchema } from './ids.js';
import { preferencesSchema } from './preferences.js';
import { atMost, textSchema } from './text.js';

/** Body of PUT /v1/devices/{deviceId}. Source: RULES.md, DV. */
export const deviceRegistrationSchema = z.strictObject({
  instanceId: instanceIdSchema,
  name: z.optional(textSchema.check(atMost(255, 'characters'))),
  preferences: z._default(preferencesSchema, {}),
});
export type DeviceRegistration = z.infer<typeof deviceRegistrationSchema>;
export type DeviceRegistrationInput = z.input<typeof deviceRegistrationSchema>;
