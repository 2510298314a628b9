import * as z from 'zod/mini';
import { ELEMENT_TYPES } from './elements/element.js';
import { conversationIdSchema, modSeqSchema } from './ids.js';
import { SYNC_REQUEST_CONVERSATIONS_MAX } from './limits.js';
import { someOf } from './text.js';

/** Server frame: the synchronization request. It contains no elements. `changes`: number of changes by type. Source: OMA CPM 5.6.x.2. */
export const syncRequestFrameSchema = z.object({
  type: z.literal('syncRequest'),
  modSeq: modSeqSchema,
  changes: someOf(ELEMENT_TYPES, z.int().check(z.gte(1))),
  conversations: z.array(conversationIdSchema).check(z.maxLength(SYNC_REQUEST_CONVERSATIONS_MAX)),
});
export type SyncRequestFrame = z.infer<typeof syncRequestFrameSchema>;
