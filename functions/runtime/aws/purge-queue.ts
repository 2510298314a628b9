import type { SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod/mini';
import type { PurgeMessage, PurgeQueue } from '../../../core/ports/purge-queue.js';
import {
  conversationIdSchema,
  folderIdSchema,
  sessionIdSchema,
  userIdSchema,
} from '../../../protocol/ids.js';
import { sendBatches } from './sqs-batches.js';

const containerSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('folder'), id: folderIdSchema }),
  z.strictObject({ type: z.literal('conversationHistory'), id: conversationIdSchema }),
  z.strictObject({
    type: z.literal('sessionHistory'),
    id: sessionIdSchema,
    conversationId: conversationIdSchema,
  }),
]);

/** A piece of pendingPurges as it comes out of the queue. */
export const purgeMessageSchema: z.ZodMiniType<PurgeMessage> = z.strictObject({
  box: userIdSchema,
  container: containerSchema,
  index: z.int().check(z.gte(1)),
  modSeq: z.int().check(z.gte(1)),
  after: z.optional(z.string()),
  isEmpty: z.optional(z.literal(true)),
});

/** Containers to be emptied in an SQS queue. */
export class SqsPurgeQueue implements PurgeQueue {
  constructor(
    private readonly client: SQSClient,
    private readonly queueUrl: string,
  ) {}

  async send(messages: readonly PurgeMessage[], delaySeconds: number): Promise<void> {
    const outgoing = messages.map((message) => ({ message, delaySeconds }));
    const refused = await sendBatches(this.client, this.queueUrl, outgoing);
    if (refused.length > 0) throw new Error(`the purge queue did not take ${refused.length} messages`);
  }
}
