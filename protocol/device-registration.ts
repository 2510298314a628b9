import * as z from 'zod/mini';
import { elementTypesSchema } from './elements/element.js';
import { instanceIdSchema } from './ids.js';
import { lookingInto } from './list.js';
import { excludedSchema, preferencesSchema } from './preferences.js';
import { atMost, textSchema } from './text.js';

for (const list of [elementTypesSchema, excludedSchema]) lookingInto<z.core.$ZodArray>(list);

/** PUT /v1/devices/{deviceId} */
export const deviceRegistrationSchema = z.strictObject({
  instanceId: instanceIdSchema,
  name: z.optional(textSchema.check(atMost(255, 'characters'))),
  preferences: z._default(preferencesSchema, {}),
});
export type DeviceRegistration = z.infer<typeof deviceRegistrationSchema>;
export type DeviceRegistrationInput = z.input<typeof deviceRegistrationSchema>;
