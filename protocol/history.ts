import * as z from 'zod/mini';
import { messageElementSchema, messageStateElementSchema } from './elements/element.js';
import { messageIdSchema } from './ids.js';

/** Messages, newest first, each followed by its state, if any. `next`: `before` of the next request. */
export const historyResponseSchema = z.object({
  elements: z.array(z.union([messageElementSchema, messageStateElementSchema])),
  next: z.optional(messageIdSchema),
});
export type HistoryResponse = z.infer<typeof historyResponseSchema>;
