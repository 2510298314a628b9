import type { SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod/mini';
import type { PushMessage, PushQueue } from '../../../core/ports/push.js';
import { deviceIdSchema, instanceIdSchema, userIdSchema } from '../../../protocol/ids.js';
import { type Outgoing, sendBatches } from './sqs-batches.js';

/** A push as it comes out of the queue. */
export const pushMessageSchema: z.ZodMiniType<PushMessage> = z.strictObject({
  box: userIdSchema,
  deviceId: deviceIdSchema,
  instanceId: instanceIdSchema,
  by: z.int().check(z.gte(1)),
  dueMs: z.number().check(z.gte(0)),
});

/** Scheduled pushes in an SQS queue. */
export class SqsPushQueue implements PushQueue {
  constructor(
    private readonly client: SQSClient,
    private readonly queueUrl: string,
  ) {}

  send(pushes: readonly Outgoing<PushMessage>[]): Promise<readonly PushMessage[]> {
    return sendBatches(this.client, this.queueUrl, pushes);
  }
}
