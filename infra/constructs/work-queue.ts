import { Duration } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { suppressNag } from '../suppress-nag.js';

const MAX_RECEIVES = 5;
/** AWS recommends at least six times the timeout of the consumer. */
const VISIBILITY_TIMEOUTS = 6;

interface Encryption {
  readonly dataKey?: IKey | undefined;
}

const guarded = ({ dataKey }: Encryption): QueueProps => ({
  enforceSSL: true,
  ...(dataKey
    ? { encryption: QueueEncryption.KMS, encryptionMasterKey: dataKey }
    : { encryption: QueueEncryption.SQS_MANAGED }),
});

/** A queue of messages that failed all attempts. SQS keeps them for its maximum of 14 days. */
class DeadLetters extends Queue {
  constructor(scope: Construct, id: string, encryption: Encryption) {
    super(scope, id, { ...guarded(encryption), retentionPeriod: Duration.days(14) });
  }
}

/** A queue in which an event source describes records that failed all attempts. */
export class FailureQueue extends DeadLetters {
  constructor(scope: Construct, id: string, encryption: Encryption) {
    super(scope, id, encryption);
    suppressNag(this, {
      'AwsSolutions-SQS3':
        'This queue receives failures. It has no consumer whose failures a dead-letter queue would receive.',
    });
  }
}

export interface WorkQueueProps extends Encryption {
  /** Timeout of the consumer for one batch. */
  readonly consumerTimeout: Duration;
}

/** A queue with its dead-letter queue. */
export class WorkQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, { consumerTimeout, ...encryption }: WorkQueueProps) {
    super(scope, id);
    this.deadLetters = new DeadLetters(this, 'DeadLetters', encryption);
    this.queue = new Queue(this, 'Queue', {
      ...guarded(encryption),
      visibilityTimeout: Duration.seconds(VISIBILITY_TIMEOUTS * consumerTimeout.toSeconds() + 1),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: MAX_RECEIVES },
    });
  }
}
