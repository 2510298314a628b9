import * as z from 'zod/mini';
import type { EraseMessage } from '../../../core/ports/erase-queue.js';
import type { PurgeMessage } from '../../../core/ports/purge-queue.js';
import type { PushMessage } from '../../../core/ports/push.js';
import type { ContainerType } from '../../../protocol/elements/element-types.js';
import {
  conversationIdSchema,
  deviceIdSchema,
  folderIdSchema,
  instanceIdSchema,
  sessionIdSchema,
  userIdSchema,
} from '../../../protocol/ids.js';

const containers = {
  folder: z.strictObject({ type: z.literal('folder'), id: folderIdSchema }),
  conversationHistory: z.strictObject({ type: z.literal('conversationHistory'), id: conversationIdSchema }),
  sessionHistory: z.strictObject({
    type: z.literal('sessionHistory'),
    id: sessionIdSchema,
    conversationId: conversationIdSchema,
  }),
} satisfies Record<ContainerType, z.ZodMiniType>;

/** A message of the push queue. Unit of `dueMs`: ms since 1970. */
export const pushMessageSchema: z.ZodMiniType<PushMessage> = z.strictObject({
  box: userIdSchema,
  deviceId: deviceIdSchema,
  instanceId: instanceIdSchema,
  by: z.int().check(z.gte(1)),
  dueMs: z.number().check(z.gte(0)),
});

/** A message of the purge queue: one piece of the purge of a container. */
export const purgeMessageSchema: z.ZodMiniType<PurgeMessage> = z.strictObject({
  box: userIdSchema,
  container: z.discriminatedUnion('type', [
    containers.folder,
    containers.conversationHistory,
    containers.sessionHistory,
  ]),
  index: z.int().check(z.gte(1)),
  modSeq: z.int().check(z.gte(1)),
  after: z.optional(z.string()),
  isEmpty: z.optional(z.literal(true)),
});

/** A message of the erase queue: a box to erase. */
export const eraseMessageSchema: z.ZodMiniType<EraseMessage> = z.strictObject({
  box: userIdSchema,
  epoch: z.string().check(z.minLength(1)),
});
