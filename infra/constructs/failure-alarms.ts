import { Duration } from 'aws-cdk-lib';
import { Alarm, type IMetric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

const PERIOD = Duration.minutes(1);
const STREAM_BEHIND = Duration.minutes(5);

export interface FailureAlarmsProps {
  /** Queues in which anything at all is a failure. */
  readonly failures: Readonly<Record<string, IQueue>>;
  readonly streamReader: IFunction;
}

/** What somebody has to look at. Whom they call is for the operator to add. */
export class FailureAlarms extends Construct {
  constructor(scope: Construct, id: string, { failures, streamReader }: FailureAlarmsProps) {
    super(scope, id);
    for (const [name, queue] of Object.entries(failures)) {
      this.alarm(`${name}Failed`, 'Something failed for good and waits in the queue', {
        metric: queue.metricApproximateNumberOfMessagesVisible({ period: PERIOD, statistic: Stats.MAXIMUM }),
        threshold: 1,
      });
    }
    this.alarm('FanOutBehind', 'Devices are told late: the reader of the stream lags behind', {
      metric: streamReader.metric('IteratorAge', { period: PERIOD, statistic: Stats.MAXIMUM }),
      threshold: STREAM_BEHIND.toMilliseconds(),
    });
  }

  private alarm(id: string, alarmDescription: string, watched: { metric: IMetric; threshold: number }): void {
    new Alarm(this, id, {
      ...watched,
      alarmDescription,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }
}
