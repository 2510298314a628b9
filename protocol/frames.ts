import * as z from 'zod/mini';
import { frameIdSchema } from './server-frames.js';
import { syncBodySchema } from './sync.js';

/** Client frame: a synchronization over the socket; the connection knows device and instance. */
export const syncFrameSchema = z.strictObject({
  ...syncBodySchema.shape,
  action: z.literal('sync'),
  id: frameIdSchema,
});
export type SyncFrame = z.infer<typeof syncFrameSchema>;

export const pingFrameSchema = z.strictObject({ action: z.literal('ping') });

export * from './server-frames.js';
export * from './sync-request-frame.js';
