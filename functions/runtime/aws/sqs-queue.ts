import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { describeError, logger } from '../observability/log.js';

const BATCH_MAX = 10;

/** A message on its way into a queue. Unit of `delaySeconds`: whole seconds, 0 to 900. */
export interface Outgoing<Message> {
  readonly message: Message;
  readonly delaySeconds: number;
}

/** JSON in ASCII. SQS refuses some characters that an id can contain, such as U+FFFF. */
const asciiJson = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** An SQS queue of messages of one schema (see queue-messages.ts). */
export class SqsQueue<Message> {
  constructor(
    private readonly client: SQSClient,
    private readonly queueUrl: string,
  ) {}

  /** Sends messages in batches of ten. @returns messages that the queue did not accept */
  async send(all: readonly Outgoing<Message>[]): Promise<readonly Message[]> {
    const batches: Outgoing<Message>[][] = [];
    for (let i = 0; i < all.length; i += BATCH_MAX) batches.push(all.slice(i, i + BATCH_MAX));
    return (await Promise.all(batches.map((batch) => this.sendBatch(batch)))).flat();
  }

  /**
   * Sends messages with one delay. Unit of `delaySeconds`: whole seconds, 0 to 900.
   * @throws Error when the queue did not accept all of them
   */
  async sendAll(messages: readonly Message[], delaySeconds: number): Promise<void> {
    const refused = await this.send(messages.map((message) => ({ message, delaySeconds })));
    if (refused.length > 0) throw new Error(`the queue did not take ${refused.length} messages`);
  }

  /** A batch without an answer counts as not accepted, because a repeated message is harmless and a lost one is not. */
  private async sendBatch(batch: readonly Outgoing<Message>[]): Promise<Message[]> {
    const Entries = batch.map(({ message, delaySeconds }, i) => ({
      Id: String(i),
      MessageBody: asciiJson(message),
      DelaySeconds: delaySeconds,
    }));
    try {
      const command = new SendMessageBatchCommand({ QueueUrl: this.queueUrl, Entries });
      const { Successful = [], Failed = [] } = await this.client.send(command);
      if (Failed.length > 0) logger.warn('messages not taken', { codes: Failed.map(({ Code }) => Code) });
      const taken = new Set(Successful.map(({ Id }) => Id));
      return batch.flatMap(({ message }, i) => (taken.has(String(i)) ? [] : [message]));
    } catch (error) {
      logger.warn('messages not taken', { messages: batch.length, error: describeError(error) });
      return batch.map(({ message }) => message);
    }
  }
}
