import * as z from 'zod/mini';
import { frameIdSchema } from './server-frames.js';
import { syncBodySchema } from './sync.js';

/** Client frame: a synchronization over the WebSocket. The connection already names device and instance. */
export const syncFrameSchema = z.strictObject({
  ...syncBodySchema.shape,
  action: z.literal('sync'),
  id: frameIdSchema,
});
export type SyncFrame = z.infer<typeof syncFrameSchema>;

/** Client frame: keeps the connection open. */
export const pingFrameSchema = z.strictObject({ action: z.literal('ping') });

export * from './server-frames.js';
export * from './sync-request-frame.js';
