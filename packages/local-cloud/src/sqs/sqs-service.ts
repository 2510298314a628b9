import * as z from 'zod/mini';
import { faultsOf } from '../schema.js';
import { AwsError } from '../services/aws-error.js';
import type { JsonService } from '../services/services-server.js';
import { type Delivery, md5, md5OfAttributes, sizeOf } from './message.js';
import type { Queue } from './queue.js';
import type { Queues } from './queues.js';
import * as inputs from './sqs-inputs.js';

/** SQS for the AWS SDK: standard queues, and the operations that an application needs. */
export const sqsService = (queues: Queues): JsonService => ({
  target: 'AmazonSQS',
  errorNamespace: 'com.amazonaws.sqs',
  operations: {
    SendMessage: on(inputs.sendInput, (input) => send(queues.byUrl(input.QueueUrl), input)),
    SendMessageBatch: on(inputs.sendBatchInput, ({ QueueUrl, Entries }) => {
      const queue = queues.byUrl(QueueUrl);
      const size = Entries.reduce((sum, it) => sum + sizeOf(it.MessageBody, it.MessageAttributes), 0);
      if (size > MAX_BATCH_BYTES)
        throw invalid('BatchRequestTooLong', 'Batch requests cannot be longer than 1048576 bytes.');
      return batch(Entries, (entry) => send(queue, entry));
    }),
    ReceiveMessage: on(inputs.receiveInput, (input, signal) =>
      receive(queues.byUrl(input.QueueUrl), input, signal),
    ),
    DeleteMessage: on(inputs.deleteInput, ({ QueueUrl, ReceiptHandle }) => {
      queues.byUrl(QueueUrl).delete(ReceiptHandle);
    }),
    DeleteMessageBatch: on(inputs.deleteBatchInput, ({ QueueUrl, Entries }) =>
      batch(Entries, (entry) => queues.byUrl(QueueUrl).delete(entry.ReceiptHandle)),
    ),
    ChangeMessageVisibility: on(inputs.visibilityInput, (input) =>
      changeVisibility(queues.byUrl(input.QueueUrl), input),
    ),
    ChangeMessageVisibilityBatch: on(inputs.visibilityBatchInput, ({ QueueUrl, Entries }) =>
      batch(Entries, (entry) => changeVisibility(queues.byUrl(QueueUrl), entry)),
    ),
    GetQueueAttributes: on(inputs.attributesInput, ({ QueueUrl, AttributeNames }) => {
      const all = attributesOf(queues.byUrl(QueueUrl));
      const wanted = ([name]: [string, unknown]) =>
        AttributeNames.includes('All') || AttributeNames.includes(name);
      return { Attributes: Object.fromEntries(Object.entries(all).filter(wanted)) };
    }),
    GetQueueUrl: on(inputs.queueUrlInput, ({ QueueName }) => ({
      QueueUrl: queues.byName(QueueName).settings.url,
    })),
    ListQueues: on(inputs.listInput, ({ QueueNamePrefix }) => ({
      QueueUrls: queues.all
        .filter(({ settings }) => settings.name.startsWith(QueueNamePrefix))
        .map(({ settings }) => settings.url),
    })),
    PurgeQueue: on(inputs.queueInput, ({ QueueUrl }) => queues.byUrl(QueueUrl).purge()),
  },
});

const MAX_BATCH_BYTES = 1_048_576;
const MAX_BATCH_ENTRIES = 10;

/** An operation that checks its input first. */
const on =
  <Schema extends z.ZodMiniType>(
    schema: Schema,
    run: (input: z.infer<Schema>, signal: AbortSignal) => unknown,
  ) =>
  (input: unknown, signal: AbortSignal) => {
    const parsed = z.safeParse(schema, input);
    if (!parsed.success) throw invalid('InvalidParameterValue', faultsOf(parsed.error).join('; '));
    return run(parsed.data, signal);
  };

function send(
  queue: Queue,
  {
    MessageBody,
    DelaySeconds,
    MessageAttributes,
  }: Pick<z.infer<typeof inputs.sendInput>, 'MessageBody' | 'DelaySeconds' | 'MessageAttributes'>,
) {
  const { MaximumMessageSize } = queue.settings.properties;
  if (MessageBody === '')
    throw invalid('MissingParameter', 'The request must contain the parameter MessageBody.');
  if (sizeOf(MessageBody, MessageAttributes) > MaximumMessageSize) {
    throw invalid(
      'InvalidParameterValue',
      `One or more parameters are invalid. Reason: Message must be shorter than ${MaximumMessageSize} bytes.`,
    );
  }
  inRange('DelaySeconds', DelaySeconds, 0, 900);
  const { id } = queue.send(MessageBody, MessageAttributes, DelaySeconds);
  return {
    MessageId: id,
    MD5OfMessageBody: md5(MessageBody),
    MD5OfMessageAttributes: md5OfAttributes(MessageAttributes),
  };
}

async function receive(queue: Queue, input: z.infer<typeof inputs.receiveInput>, signal: AbortSignal) {
  const { MaxNumberOfMessages, VisibilityTimeout, WaitTimeSeconds } = input;
  inRange('MaxNumberOfMessages', MaxNumberOfMessages, 1, 10);
  inRange('VisibilityTimeout', VisibilityTimeout, 0, 43_200);
  inRange('WaitTimeSeconds', WaitTimeSeconds, 0, 20);
  const deliveries = await queue.receive({
    max: MaxNumberOfMessages,
    waitMs: (WaitTimeSeconds ?? queue.settings.properties.ReceiveMessageWaitTimeSeconds) * 1000,
    signal,
    ...(VisibilityTimeout !== undefined && { visibilityMs: VisibilityTimeout * 1000 }),
  });
  const system = [...input.AttributeNames, ...input.MessageSystemAttributeNames];
  return { Messages: deliveries.map((delivery) => onTheWire(delivery, system, input.MessageAttributeNames)) };
}

function onTheWire(delivery: Delivery, systemNames: string[], names: string[]) {
  const { message, receipt } = delivery;
  const wanted = (list: string[], name: string) =>
    list.some((it) => it === 'All' || it === name || (it.endsWith('.*') && name.startsWith(it.slice(0, -2))));
  const system = Object.entries(systemAttributes(delivery)).filter(([name]) => wanted(systemNames, name));
  const attributes = Object.fromEntries(
    Object.entries(message.attributes).filter(([name]) => wanted(names, name)),
  );
  return {
    MessageId: message.id,
    ReceiptHandle: receipt,
    Body: message.body,
    MD5OfBody: md5(message.body),
    ...(system.length > 0 && { Attributes: Object.fromEntries(system) }),
    ...(Object.keys(attributes).length > 0 && {
      MessageAttributes: attributes,
      MD5OfMessageAttributes: md5OfAttributes(attributes),
    }),
  };
}

/** The system attributes of a message. */
export const systemAttributes = ({ message }: Delivery) => ({
  ApproximateReceiveCount: String(message.receiveCount),
  ApproximateFirstReceiveTimestamp: String(message.firstReceivedAtMs ?? message.sentAtMs),
  SenderId: 'localcloud',
  SentTimestamp: String(message.sentAtMs),
});

function changeVisibility(queue: Queue, input: { ReceiptHandle: string; VisibilityTimeout: number }) {
  inRange('VisibilityTimeout', input.VisibilityTimeout, 0, 43_200);
  queue.changeVisibility(input.ReceiptHandle, input.VisibilityTimeout);
}

/** Runs an operation for each entry. A failed entry does not stop the others. */
function batch<Entry extends { Id: string }>(entries: Entry[], run: (entry: Entry) => unknown) {
  if (entries.length === 0)
    throw invalid('EmptyBatchRequest', 'There should be at least one entry in the request.');
  if (entries.length > MAX_BATCH_ENTRIES) {
    throw invalid(
      'TooManyEntriesInBatchRequest',
      `Maximum number of entries per request are 10. You have sent ${entries.length}.`,
    );
  }
  if (new Set(entries.map(({ Id }) => Id)).size < entries.length) {
    throw invalid('BatchEntryIdsNotDistinct', 'Two or more batch entries in the request have the same Id.');
  }
  const Successful: object[] = [];
  const Failed: object[] = [];
  for (const entry of entries) {
    try {
      Successful.push({ Id: entry.Id, ...(run(entry) ?? {}) });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      Failed.push({ Id: entry.Id, SenderFault: true, Code: error.type, Message: error.message });
    }
  }
  return { Successful, Failed };
}

function attributesOf({ settings, depth }: Queue): Record<string, string> {
  const { properties, arn } = settings;
  return {
    QueueArn: arn,
    ApproximateNumberOfMessages: String(depth.visible),
    ApproximateNumberOfMessagesNotVisible: String(depth.inFlight),
    ApproximateNumberOfMessagesDelayed: String(depth.delayed),
    DelaySeconds: String(properties.DelaySeconds),
    VisibilityTimeout: String(properties.VisibilityTimeout),
    MessageRetentionPeriod: String(properties.MessageRetentionPeriod),
    MaximumMessageSize: String(properties.MaximumMessageSize),
    ReceiveMessageWaitTimeSeconds: String(properties.ReceiveMessageWaitTimeSeconds),
    ...(properties.RedrivePolicy && { RedrivePolicy: JSON.stringify(properties.RedrivePolicy) }),
  };
}

function inRange(name: string, value: number | undefined, min: number, max: number) {
  if (value !== undefined && (value < min || value > max)) {
    throw invalid(
      'InvalidParameterValue',
      `Value ${value} for parameter ${name} is invalid. Reason: Must be >= ${min} and <= ${max}.`,
    );
  }
}

const QUERY_CODES = new Set([
  'EmptyBatchRequest',
  'TooManyEntriesInBatchRequest',
  'BatchEntryIdsNotDistinct',
  'BatchRequestTooLong',
]);

const invalid = (type: string, message: string) =>
  new AwsError(type, message, 400, QUERY_CODES.has(type) ? `AWS.SimpleQueueService.${type}` : type);
