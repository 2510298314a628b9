import { Duration } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

const MAX_RECEIVES = 5;
/** AWS asks for at least six times the timeout of the function that reads from a queue. */
const VISIBILITY_TIMEOUTS = 6;

const guarded = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true };

/** A queue of what failed for good: kept as long as SQS can, for somebody to look at. */
export class FailureQueue extends Queue {
  constructor(scope: Construct, id: string) {
    super(scope, id, { ...guarded, retentionPeriod: Duration.days(14) });
  }
}

/** A queue with its dead letters, made for a consumer that has `consumerTimeout` for a batch. */
export class WorkQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, props: { consumerTimeout: Duration }) {
    super(scope, id);
    this.deadLetters = new FailureQueue(this, 'DeadLetters');
    this.queue = new Queue(this, 'Queue', {
      ...guarded,
      visibilityTimeout: Duration.seconds(VISIBILITY_TIMEOUTS * props.consumerTimeout.toSeconds() + 1),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: MAX_RECEIVES },
    });
  }
}
