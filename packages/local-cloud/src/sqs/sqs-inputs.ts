import * as z from 'zod/mini';
import { messageAttributeSchema } from './message.js';

const toQueue = { QueueUrl: z.string() };

// The operations check ranges for which SQS has errors of its own.
const sending = {
  MessageBody: z.string(),
  DelaySeconds: z.optional(z.int()),
  MessageAttributes: z._default(z.record(z.string(), messageAttributeSchema), {}),
};
const receipt = { ReceiptHandle: z.string() };
const id = { Id: z.string() };

export const sendInput = z.strictObject({ ...toQueue, ...sending });
export const sendBatchInput = z.strictObject({
  ...toQueue,
  Entries: z.array(z.strictObject({ ...id, ...sending })),
});
export const receiveInput = z.strictObject({
  ...toQueue,
  MaxNumberOfMessages: z._default(z.int(), 1),
  VisibilityTimeout: z.optional(z.int()),
  WaitTimeSeconds: z.optional(z.int()),
  AttributeNames: z._default(z.array(z.string()), []),
  MessageSystemAttributeNames: z._default(z.array(z.string()), []),
  MessageAttributeNames: z._default(z.array(z.string()), []),
});
export const deleteInput = z.strictObject({ ...toQueue, ...receipt });
export const deleteBatchInput = z.strictObject({
  ...toQueue,
  Entries: z.array(z.strictObject({ ...id, ...receipt })),
});
export const visibilityInput = z.strictObject({ ...toQueue, ...receipt, VisibilityTimeout: z.int() });
export const visibilityBatchInput = z.strictObject({
  ...toQueue,
  Entries: z.array(z.strictObject({ ...id, ...receipt, VisibilityTimeout: z._default(z.int(), 0) })),
});
export const attributesInput = z.strictObject({
  ...toQueue,
  AttributeNames: z._default(z.array(z.string()), []),
});
export const queueInput = z.strictObject(toQueue);
export const queueUrlInput = z.strictObject({
  QueueName: z.string(),
  QueueOwnerAWSAccountId: z.optional(z.string()),
});
export const listInput = z.strictObject({
  QueueNamePrefix: z._default(z.string(), ''),
  MaxResults: z.optional(z.int()),
  NextToken: z.optional(z.string()),
});
