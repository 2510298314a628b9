import * as z from 'zod/mini';
import { problemSchema } from './problem.js';
import { syncRequestFrameSchema } from './sync-request-frame.js';
import { syncResponseSchema } from './sync-response.js';
import { atMost } from './text.js';

/** The client chooses the id, and the response repeats it. */
export const frameIdSchema = z.optional(z.string().check(atMost(128, 'characters')));

/** Server frame: the response to a `sync` frame. */
export const syncResponseFrameSchema = z.object({
  ...syncResponseSchema.shape,
  type: z.literal('syncResponse'),
  id: frameIdSchema,
});
/** Server frame: the response to a `ping` frame. */
export const pongFrameSchema = z.object({ type: z.literal('pong') });
/** Server frame: the problem of a client frame. The connection stays open. */
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
