import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import {
  gatewayMetric,
  iteratorAge,
  type Monitored,
  messagesIn,
  oldestIn,
  ownMetric,
  tableMetric,
} from './monitored.js';

const [WIDTH, HEIGHT] = [8, 6];

const graph = (title: string, left: IMetric[], right: IMetric[] = []): IWidget =>
  new GraphWidget({ title, left, right, width: WIDTH, height: HEIGHT, liveData: true });

const named = (label: string, metric: IMetric): IMetric =>
  'with' in metric ? (metric as { with(props: object): IMetric }).with({ label }) : metric;

/** A dashboard: alarms, then requests, boxes, pushes, queues, functions, tables. */
export class OperationDashboard extends Dashboard {
  constructor(
    scope: Construct,
    id: string,
    { monitored, alarms, name }: { monitored: Monitored; alarms: readonly Alarm[]; name: string },
  ) {
    super(scope, id, { dashboardName: name });
    this.addWidgets(new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: 24, height: 5 }));
    this.addWidgets(...requests(monitored));
    this.addWidgets(...boxes(monitored));
    this.addWidgets(...pushes(monitored));
    this.addWidgets(...work(monitored));
    this.addWidgets(...tables(monitored));
  }
}

function requests({ httpApiId, socketApiId, sync }: Monitored): IWidget[] {
  const http = (name: string, statistic?: string) => gatewayMetric(httpApiId, name, statistic);
  const socket = (name: string) => gatewayMetric(socketApiId, name);
  return [
    graph(
      'HTTP requests',
      [http('Count'), http('4xx'), http('5xx')],
      [http('Latency', 'p50'), http('Latency', 'p99')],
    ),
    graph(
      'WebSocket connections and frames',
      [socket('ConnectCount'), socket('MessageCount')],
      [socket('ClientError'), socket('IntegrationError'), socket('ExecutionError')],
    ),
    graph(
      'Sync function: time',
      [sync.metricDuration({ statistic: 'p50' }), sync.metricDuration({ statistic: 'p99' })],
      [sync.metric('ConcurrentExecutions', { statistic: 'Maximum' })],
    ),
  ];
}

function boxes({ stage }: Monitored): IWidget[] {
  const own = (name: string, statistic?: string) => ownMetric(stage, name, statistic);
  return [
    graph(
      'Commits',
      [own('Commits'), own('CommittedChanges')],
      [own('CommitRetries'), own('CommitsUnanswered'), own('Busy')],
    ),
    graph(
      'Synchronizations',
      [own('Synchronizations'), own('InitialSynchronizations')],
      [own('Resets'), own('LogHoles')],
    ),
    graph(
      'Items behind the log: entries, and how late they were applied (ms)',
      [own('EntriesBehind', 'Maximum'), own('WritesProjected')],
      [own('ProjectionDelay', 'p50'), own('ProjectionDelay', 'p99')],
    ),
    graph('Elements and operations', [
      own('ElementsSent'),
      own('RemovalsSent'),
      own('OperationsReceived'),
      own('OperationsDeposited'),
    ]),
  ];
}

function pushes({ stage }: Monitored): IWidget[] {
  const own = (name: string, statistic?: string) => ownMetric(stage, name, statistic);
  return [
    graph(
      'Synchronization requests',
      [own('PushesSent'), own('PushedChanges')],
      [own('PushesSuppressed'), own('PushesGone')],
    ),
    graph(
      'From the change to the request (ms)',
      [own('PushDelay', 'p50'), own('PushDelay', 'p99')],
      [own('PushLateness', 'p50'), own('PushLateness', 'p99')],
    ),
    graph('Records that failed, to be tried again', [own('RecordsFailed')]),
  ];
}

function work({ queues, failures, streamReaders, functions }: Monitored): IWidget[] {
  const all = Object.values(functions).flat();
  return [
    graph(
      'Waiting: age of the oldest message (s) and of the stream (ms)',
      Object.entries(queues).map(([name, { queue }]) => named(name, oldestIn(queue))),
      Object.entries(streamReaders).map(([name, reader]) => named(name, iteratorAge(reader))),
    ),
    graph(
      'Failed for good',
      Object.entries(failures).map(([name, queue]) => named(name, messagesIn(queue))),
    ),
    graph(
      'Functions: errors and refused invocations',
      all.map((it) => it.metricErrors()),
      all.map((it) => it.metricThrottles()),
    ),
  ];
}

function tables({ stage, tables: monitored }: Monitored): IWidget[] {
  const own = (name: string) => ownMetric(stage, name);
  const of = (name: string) =>
    Object.entries(monitored).map(([table, it]) => named(`${table} ${name}`, tableMetric(it, name)));
  return [
    graph('Units', of('ConsumedReadCapacityUnits'), of('ConsumedWriteCapacityUnits')),
    graph(
      'Refused, and conditions that did not hold',
      [...of('ReadThrottleEvents'), ...of('WriteThrottleEvents')],
      of('ConditionalCheckFailedRequests'),
    ),
    graph(
      'Cleared away and erased',
      [...of('TimeToLiveDeletedItemCount'), own('ElementsExpired'), own('ItemsPurged'), own('ItemsErased')],
      [own('ErasuresOrdered'), own('BoxesErased'), own('BusyErasing')],
    ),
  ];
}
