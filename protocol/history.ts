import * as z from 'zod/mini';
import { messageElementSchema, messageStateElementSchema } from './elements/element.js';
import { deviceIdSchema, messageIdSchema } from './ids.js';
import { PAGE_DEFAULT, PAGE_MAX } from './limits.js';

const digits = z.string().check(z.regex(/^\d{1,6}$/, 'is no number'));

/** GET /v1/conversations/{conversationId}/messages, its query. `limit`: messages a response. */
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

/** Messages, newest first, each followed by its state if it has one. `next`: `before` of the next request. */
export const historyResponseSchema = z.object({
  elements: z.array(z.union([messageElementSchema, messageStateElementSchema])),
  next: z.optional(messageIdSchema),
});
export type HistoryResponse = z.infer<typeof historyResponseSchema>;
