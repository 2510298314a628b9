import * as z from 'zod/mini';
import { problemSchema } from './problem.js';
import { syncRequestFrameSchema } from './sync-request-frame.js';
import { syncResponseSchema } from './sync-response.js';
import { atMost } from './text.js';

/** Chosen by the client, given back with the answer. */
export const frameIdSchema = z.optional(z.string().check(atMost(128, 'characters')));

export const syncResponseFrameSchema = z.object({
  ...syncResponseSchema.shape,
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
