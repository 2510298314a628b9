import * as z from 'zod/mini';
import { deviceIdSchema, messageIdSchema } from './ids.js';
import { PAGE_DEFAULT, PAGE_MAX } from './limits.js';

const digits = z.string().check(z.regex(/^\d{1,6}$/, 'must be a number'));

/** Query of GET /v1/conversations/{conversationId}/messages. Unit of `limit`: messages per response. */
export const historyQuerySchema = z.strictObject({
  deviceId: deviceIdSchema,
  before: z.optional(messageIdSchema),
  limit: z._default(
    z.pipe(
      digits,
      z.pipe(
        z.transform((text: string) => Number(text)),
        z.int().check(z.gte(1), z.lte(PAGE_MAX)),
      ),
    ),
    PAGE_DEFAULT,
  ),
});
export type HistoryQuery = z.infer<typeof historyQuerySchema>;
