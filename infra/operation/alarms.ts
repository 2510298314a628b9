import { Stack } from 'aws-cdk-lib';
import { Alarm, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Capacity } from '../capacity.js';
import {
  FIVE_MINUTES,
  gatewayMetric,
  iteratorAge,
  type Monitored,
  messagesIn,
  oldestIn,
  ownMetric,
  share,
  sum,
  tableMetric,
} from './monitored.js';

interface AlarmRule {
  readonly says: string;
  readonly metric: IMetric;
  /** The alarm is raised at this value. */
  readonly threshold: number;
  /** Number of periods at the threshold, and number of evaluated periods. Default: one of one. */
  readonly times?: readonly [reached: number, of: number];
}

const STREAM_BEHIND_MS = 5 * 60_000;

/** All alarms by name. docs/runbook.md explains each under its name. */
function rulesFor(monitored: Monitored, capacity: Capacity): Record<string, AlarmRule> {
  const { stage, functions, queues, failures, streamReaders, tables, httpApiId, socketApiId } = monitored;
  const own = (name: string, statistic?: string) => ownMetric(stage, name, statistic);
  const http = (name: string) => gatewayMetric(httpApiId, name, 'Sum', FIVE_MINUTES);
  const socket = (name: string) => gatewayMetric(socketApiId, name, 'Sum', FIVE_MINUTES);
  const inFive = (name: string) => ownMetric(stage, name, 'Sum', FIVE_MINUTES);
  const rules: Record<string, AlarmRule> = {};

  for (const [name, queue] of Object.entries(failures)) {
    rules[`${name}Failed`] = {
      says: 'Something failed for good and waits in the queue',
      metric: messagesIn(queue),
      threshold: 1,
    };
  }
  for (const [name, reader] of Object.entries(streamReaders)) {
    rules[`${name}Behind`] = {
      says: 'The reader of the stream lags behind by five minutes',
      metric: iteratorAge(reader),
      threshold: STREAM_BEHIND_MS,
    };
  }
  for (const [name, { queue, oldest }] of Object.entries(queues)) {
    rules[`${name}Behind`] = {
      says: 'Messages wait in the queue for longer than they should',
      metric: oldestIn(queue),
      threshold: oldest.toSeconds(),
      times: [3, 3],
    };
  }
  for (const [kind, of] of Object.entries(functions)) {
    const total = (name: string) =>
      sum(
        of.map((it) => it.metric(name, { statistic: 'Sum', period: FIVE_MINUTES })),
        name,
        FIVE_MINUTES,
      );
    rules[`${kind}FunctionsFail`] = {
      says: 'Invocations end without an answer: thrown, timed out or out of memory',
      metric: total('Errors'),
      threshold: 5,
    };
    rules[`${kind}FunctionsThrottled`] = {
      says: 'Invocations are refused: no concurrency is left',
      metric: total('Throttles'),
      threshold: 5,
      times: [2, 3],
    };
  }
  return {
    ...rules,
    PushesLate: {
      says: 'One synchronization request in a hundred is sent 5 s or more after it was due',
      metric: own('PushLateness', 'p99'),
      threshold: 5000,
      times: [5, 5],
    },
    HttpErrors: {
      says: 'One answer of the HTTP API in a hundred is a 5xx',
      metric: share([http('5xx')], [http('Count')], { atLeast: 100, label: '% of requests' }),
      threshold: 1,
      times: [2, 2],
    },
    SocketErrors: {
      says: 'One event or frame of the WebSocket API in a hundred fails',
      metric: share(
        [socket('IntegrationError'), socket('ExecutionError')],
        [socket('ConnectCount'), socket('MessageCount')],
        { atLeast: 100, label: '% of frames' },
      ),
      threshold: 1,
      times: [2, 2],
    },
    SyncSlow: {
      says: 'One synchronization in a hundred takes 3 s or more',
      metric: monitored.sync.metricDuration({ statistic: 'p99', period: FIVE_MINUTES }),
      threshold: 3000,
      times: [3, 3],
    },
    BoxesContended: {
      says: 'One commit in a hundred gives up, since others were faster each time',
      metric: share([inFive('Busy')], [inFive('Commits'), inFive('Busy')], {
        atLeast: 50,
        label: '% of commits',
      }),
      threshold: 1,
      times: [2, 3],
    },
    ManyResets: {
      says: 'One synchronization in twenty starts over, since its token cannot be continued',
      metric: share([inFive('Resets')], [inFive('Synchronizations')], {
        atLeast: 50,
        label: '% of synchronizations',
      }),
      threshold: 5,
      times: [2, 3],
    },
    ViewBehind: {
      says: 'Log entries of a box gather that are not known to be applied to its items',
      metric: own('EntriesBehind', 'Maximum'),
      threshold: 200,
      times: [3, 3],
    },
    ProjectionLate: {
      says: 'One log entry in a hundred is applied to the items a minute or more after it was written',
      metric: own('ProjectionDelay', 'p99'),
      threshold: 60_000,
      times: [3, 5],
    },
    TokenKeyUnreadable: {
      says: 'The key of the sync tokens cannot be read: no device can synchronize',
      metric: own('TokenKeyUnreadable'),
      threshold: 1,
    },
    TablesThrottled: {
      says: 'DynamoDB refuses reads or writes of a table',
      metric: sum(
        Object.values(tables).flatMap((table) => [
          tableMetric(table, 'ReadThrottleEvents', 'Sum', FIVE_MINUTES),
          tableMetric(table, 'WriteThrottleEvents', 'Sum', FIVE_MINUTES),
        ]),
        'refused',
        FIVE_MINUTES,
      ),
      threshold: 10,
      times: [2, 3],
    },
    WritesRunaway: {
      says: 'More is written than the capacity of this deployment is meant for',
      metric: sum(
        Object.values(tables).map((table) =>
          tableMetric(table, 'ConsumedWriteCapacityUnits', 'Sum', FIVE_MINUTES),
        ),
        'write units',
        FIVE_MINUTES,
      ),
      threshold: capacity.writeUnits(FIVE_MINUTES.toSeconds()),
      times: [3, 3],
    },
  };
}

export interface AlarmsProps {
  readonly monitored: Monitored;
  readonly capacity: Capacity;
  /** Receives a message when an alarm is raised, and when it is resolved. */
  readonly topic?: ITopic | undefined;
}

/** Conditions that need an operator. */
export class Alarms extends Construct {
  readonly alarms: readonly Alarm[];

  constructor(scope: Construct, id: string, { monitored, capacity, topic }: AlarmsProps) {
    super(scope, id);
    const rules = Object.entries(rulesFor(monitored, capacity));
    this.alarms = rules.map(([name, { says, metric, threshold, times: [reached, of] = [1, 1] }]) => {
      const alarm = new Alarm(this, name, {
        alarmName: `${Stack.of(this).stackName}-${name}`,
        alarmDescription: `${says}. See docs/runbook.md, ${name}.`,
        metric,
        threshold,
        evaluationPeriods: of,
        datapointsToAlarm: reached,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      });
      if (topic) {
        alarm.addAlarmAction(new SnsAction(topic));
        alarm.addOkAction(new SnsAction(topic));
      }
      return alarm;
    });
  }
}
