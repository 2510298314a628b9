import { ChangeMessageVisibilityBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { describeError, logger } from '../observability/log.js';

const FACTOR = 3;
const WAIT_MAX_SECONDS = 60;

/**
 * After how long a message that has failed comes again: 1, 3, 9, 27 s, the later ones up to half as long again, so that what failed
 * together does not come back together. Unit: whole seconds.
 * @param receives how often the message has been received by now
 * @param chance 0 <= chance < 1
 */
export const waitSeconds = (receives: number, chance: number): number =>
  Math.min(WAIT_MAX_SECONDS, Math.floor(FACTOR ** (receives - 1) * (1 + chance / 2)));

/**
 * Brings messages that failed back sooner than their queue's visibility timeout, which is measured for a consumer that
 * was killed: nobody else knows that it failed.
 */
export class QueueBackoff {
  constructor(
    private readonly client: SQSClient,
    private readonly queueUrl: string,
    private readonly random: () => number,
  ) {}

  /** Where it cannot be said when they shall come, they come at the end of the timeout. */
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
