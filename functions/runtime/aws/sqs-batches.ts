import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { describeError, logger } from '../observability/log.js';

const BATCH_MAX = 10;

/** A message on its way into a queue. Unit of `delaySeconds`: whole seconds, 0 to 900. */
export interface Outgoing<Message> {
  readonly message: Message;
  readonly delaySeconds: number;
}

/** In ASCII: SQS refuses some characters that an id may hold, as U+FFFF. */
const asciiJson = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** Sends messages in tens. Returns those that the queue did not take. */
export async function sendBatches<Message>(
  client: SQSClient,
  queueUrl: string,
  all: readonly Outgoing<Message>[],
): Promise<readonly Message[]> {
  const batches: Outgoing<Message>[][] = [];
  for (let i = 0; i < all.length; i += BATCH_MAX) batches.push(all.slice(i, i + BATCH_MAX));
  return (await Promise.all(batches.map((batch) => sendBatch(client, queueUrl, batch)))).flat();
}

/** A batch without an answer counts as not taken: what is sent twice is harmless, what is lost is not. */
async function sendBatch<Message>(
  client: SQSClient,
  queueUrl: string,
  batch: readonly Outgoing<Message>[],
): Promise<Message[]> {
  const Entries = batch.map(({ message, delaySeconds }, i) => ({
    Id: String(i),
    MessageBody: asciiJson(message),
    DelaySeconds: delaySeconds,
  }));
  try {
    const command = new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries });
    const { Successful = [], Failed = [] } = await client.send(command);
    if (Failed.length > 0) logger.warn('messages not taken', { codes: Failed.map(({ Code }) => Code) });
    const taken = new Set(Successful.map(({ Id }) => Id));
    return batch.flatMap(({ message }, i) => (taken.has(String(i)) ? [] : [message]));
  } catch (error) {
    logger.warn('messages not taken', { messages: batch.length, error: describeError(error) });
    return batch.map(({ message }) => message);
  }
}
