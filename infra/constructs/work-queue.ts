import { Duration } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { suppressNag } from '../suppress-nag.js';

const MAX_RECEIVES = 5;
/** AWS asks for at least six times the timeout of the function that reads from a queue. */
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

/** A queue of messages that failed for good: kept as long as SQS can, for somebody to look at. */
class DeadLetters extends Queue {
  constructor(scope: Construct, id: string, encryption: Encryption) {
    super(scope, id, { ...guarded(encryption), retentionPeriod: Duration.days(14) });
  }
}

/** A queue in which an event source describes what failed for good. */
export class FailureQueue extends DeadLetters {
  constructor(scope: Construct, id: string, encryption: Encryption) {
    super(scope, id, encryption);
    suppressNag(this, {
      'AwsSolutions-SQS3': 'This is where what has failed goes; nothing takes from it by itself.',
    });
  }
}

export interface WorkQueueProps extends Encryption {
  /** Time that the consumer has for a batch. */
  readonly consumerTimeout: Duration;
}

/** A queue with its dead letters. */
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
