import * as z from 'zod/mini';
import { ELEMENT_TYPES } from './elements/element.js';
import { conversationIdSchema, modSeqSchema } from './ids.js';
import { SYNC_REQUEST_CONVERSATIONS_MAX } from './limits.js';
import { problemSchema } from './problem.js';
import { syncResponseSchema } from './sync-response.js';
import { someOf } from './text.js';

/** Chosen by the client, given back with the answer. */
export const frameIdSchema = z.optional(z.string().check(z.maxLength(128, 'is longer than 128 characters')));

/** Server frame: the synchronization request of 5.6.x.2. It moves no data; `changes` counts by type. */
export const syncRequestFrameSchema = z.object({
  type: z.literal('syncRequest'),
  modSeq: modSeqSchema,
  changes: someOf(ELEMENT_TYPES, z.int().check(z.gte(1))),
  conversations: z.array(conversationIdSchema).check(z.maxLength(SYNC_REQUEST_CONVERSATIONS_MAX)),
});
export type SyncRequestFrame = z.infer<typeof syncRequestFrameSchema>;

export const syncResponseFrameSchema = z.extend(syncResponseSchema, {
  type: z.literal('syncResponse'),
  id: frameIdSchema,
});
export const pongFrameSchema = z.object({ type: z.literal('pong') });
export const errorFrameSchema = z.object({
  type: z.literal('error'),
  id: frameIdSchema,
  problem: problemSchema,
});

export const serverFrameSchema = z.discriminatedUnion('type', [
  syncRequestFrameSchema,
  syncResponseFrameSchema,
  pongFrameSchema,
  errorFrameSchema,
]);
export type ServerFrame = z.infer<typeof serverFrameSchema>;
