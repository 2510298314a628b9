import { ChangeMessageVisibilityBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { QUEUE_BACKOFF_SECONDS } from '../../../core/model/timing.js';
import { describeError, logger } from '../observability/log.js';

const WAIT_MAX_SECONDS = 60;

/**
 * How long a failed message waits until the queue delivers it again: 1, 3, 9, 27, then 60 s. Chance adds up to half of
 * that, to at most 60 s, so that messages which failed together are not delivered together. Unit: whole seconds.
 * @param receives how often the queue has delivered the message
 * @param chance 0 <= chance < 1
 */
export function waitSeconds(receives: number, chance: number): number {
  const seconds = QUEUE_BACKOFF_SECONDS[receives - 1] ?? WAIT_MAX_SECONDS;
  return Math.min(WAIT_MAX_SECONDS, Math.floor(seconds * (1 + chance / 2)));
}

/**
 * Lets failed messages come back before the visibility timeout of their queue, which is long enough for a consumer
 * that was killed.
 */
export class QueueBackoff {
  constructor(
    private readonly client: SQSClient,
    private readonly queueUrl: string,
    private readonly random: () => number,
  ) {}

  /** Shortens the visibility timeout of messages. When the call fails, they come back after the full timeout. */
  async postpone(records: readonly SQSRecord[]): Promise<void> {
    if (records.length === 0) return;
    const Entries = records.map(({ receiptHandle, attributes }, i) => ({
      Id: String(i),
      ReceiptHandle: receiptHandle,
      VisibilityTimeout: waitSeconds(Number(attributes.ApproximateReceiveCount), this.random()),
    }));
    try {
      const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: this.queueUrl, Entries });
      const { Failed = [] } = await this.client.send(command);
      if (Failed.length > 0) logger.warn('messages not postponed', { codes: Failed.map(({ Code }) => Code) });
    } catch (error) {
      logger.warn('messages not postponed', { messages: records.length, error: describeError(error) });
    }
  }
}
