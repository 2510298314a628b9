import type { SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod/mini';
import type { EraseMessage, EraseQueue } from '../../../core/ports/erase-queue.js';
import { userIdSchema } from '../../../protocol/ids.js';
import { sendBatches } from './sqs-batches.js';

/** A box to be erased, as it comes out of the queue. */
export const eraseMessageSchema: z.ZodMiniType<EraseMessage> = z.strictObject({
  box: userIdSchema,
  epoch: z.string().check(z.minLength(1)),
});

/** Boxes to be erased in an SQS queue. */
export class SqsEraseQueue implements EraseQueue {
  constructor(
    private readonly client: SQSClient,
    private readonly queueUrl: string,
  ) {}

  async send(message: EraseMessage, delaySeconds: number): Promise<void> {
    const refused = await sendBatches(this.client, this.queueUrl, [{ message, delaySeconds }]);
    if (refused.length > 0) throw new Error('the erase queue did not take the message');
  }
}
