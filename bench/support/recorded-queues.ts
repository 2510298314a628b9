import { createHash, randomUUID } from 'node:crypto';
import type { JsonService } from '@cpm-sync/local-cloud';

const md5 = (text: string) => createHash('md5').update(text).digest('hex');

interface Sent {
  readonly QueueUrl: string;
  readonly Entries?: readonly { readonly Id: string; readonly MessageBody: string }[];
}

/** SQS without a receiver: it keeps each message until the test takes it. */
export class RecordedQueues implements JsonService {
  readonly target = 'AmazonSQS';
  readonly errorNamespace = 'com.amazonaws.sqs';
  /** Number of requests so far. */
  requests = 0;
  private readonly bodies = new Map<string, string[]>();

  readonly operations = {
    SendMessageBatch: (input: unknown) => {
      this.requests += 1;
      const { QueueUrl, Entries = [] } = input as Sent;
      const queue = QueueUrl.split('/').at(-1) ?? '';
      const kept = this.bodies.get(queue) ?? [];
      this.bodies.set(queue, [...kept, ...Entries.map(({ MessageBody }) => MessageBody)]);
      const Successful = Entries.map(({ Id, MessageBody }) => ({
        Id,
        MessageId: randomUUID(),
        MD5OfMessageBody: md5(MessageBody),
      }));
      return { Successful, Failed: [] };
    },
    ChangeMessageVisibility: () => {
      this.requests += 1;
    },
  };

  take(queue: string): string[] {
    const taken = this.bodies.get(queue) ?? [];
    this.bodies.delete(queue);
    return taken;
  }
}
