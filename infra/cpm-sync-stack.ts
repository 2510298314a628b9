import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Capacity } from './capacity.js';
import { DataKey } from './constructs/data-key.js';
import { projectLog, readCommits, takeMessages } from './constructs/event-sources.js';
import { GatewayAccount } from './constructs/gateway-account.js';
import { HttpApi } from './constructs/http-api.js';
import { Tables } from './constructs/tables.js';
import { tokenIssuer } from './constructs/token-issuer.js';
import { TokenKey } from './constructs/token-key.js';
import { WebSocketApi } from './constructs/websocket-api.js';
import { FailureQueue, WorkQueue } from './constructs/work-queue.js';
import { ERASER_TIMEOUT, Functions, NOTIFIER_TIMEOUT, PURGER_TIMEOUT } from './functions.js';
import { alarmTopic } from './operation/alarm-topic.js';
import { Alarms } from './operation/alarms.js';
import { OperationDashboard } from './operation/dashboard.js';
import type { Monitored } from './operation/monitored.js';
import type { Settings } from './settings.js';

/** The whole stack: tables, APIs, functions, and the queues between a commit and its devices. */
export class CpmSyncStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps & { settings: Settings }) {
    super(scope, id, { terminationProtection: props.settings.stage === 'prod', ...props });
    const { settings } = props;
    const { stage } = settings;
    const capacity = new Capacity(settings.capacity);
    const dataKey = settings.encryption === 'customer' ? new DataKey(this, 'DataKey', { stage }) : undefined;
    const kept = { stage, dataKey };

    const { store, registry } = new Tables(this, 'Tables', { ...kept, restored: settings.restored });
    const tokenKey = new TokenKey(this, 'TokenKey', kept);
    const pushes = new WorkQueue(this, 'Pushes', { dataKey, consumerTimeout: NOTIFIER_TIMEOUT });
    const purging = new WorkQueue(this, 'Purging', { dataKey, consumerTimeout: PURGER_TIMEOUT });
    const erasing = new WorkQueue(this, 'Erasing', { dataKey, consumerTimeout: ERASER_TIMEOUT });
    const fanOutFailures = new FailureQueue(this, 'FanOutFailures', { dataKey });
    const projectorFailures = new FailureQueue(this, 'ProjectorFailures', { dataKey });
    const gatewayAccount =
      settings.gatewayAccount === 'stack' ? new GatewayAccount(this, 'GatewayAccount') : undefined;
    const sockets = new WebSocketApi(this, 'Sockets', { ...kept, capacity, gatewayAccount });
    const functions = new Functions(this, 'Functions', {
      ...kept,
      store,
      registry,
      tokenKey,
      pushQueue: pushes.queue,
      purgeQueue: purging.queue,
      eraseQueue: erasing.queue,
      sockets,
      capacity,
      reservesConcurrency: settings.reservesConcurrency,
      logLevel: settings.logLevel,
      timeline: settings.timeline,
    });

    readCommits(functions.fanOut, store, fanOutFailures);
    projectLog(functions.projector, store, projectorFailures);
    takeMessages(functions.notifier, pushes.queue, { batchSize: 10, atOnce: capacity.mapping('notifier') });
    takeMessages(functions.purger, purging.queue, { batchSize: 1, atOnce: capacity.mapping('purger') });
    takeMessages(functions.eraser, erasing.queue, { batchSize: 1, atOnce: capacity.mapping('eraser') });
    sockets.serve({
      authorizer: functions.socketAuthorizer,
      connection: functions.socketConnection,
      sync: functions.socketSync,
      default: functions.socketDefault,
    });

    const tokens = tokenIssuer(this, settings);
    const http = new HttpApi(this, 'Http', {
      ...kept,
      tokens,
      origins: settings.origins,
      functions,
      capacity,
    });

    const failures = {
      Pushes: pushes.deadLetters,
      Purging: purging.deadLetters,
      Erasing: erasing.deadLetters,
      FanOut: fanOutFailures,
      Projector: projectorFailures,
    };
    const monitored: Monitored = {
      stage,
      functions: functions.byKind(),
      sync: functions.sync,
      queues: {
        Pushes: { queue: pushes.queue, oldest: Duration.minutes(20) }, // the longest push window is 15
        Purging: { queue: purging.queue, oldest: Duration.hours(1) },
        Erasing: { queue: erasing.queue, oldest: Duration.hours(1) },
      },
      failures,
      streamReaders: { FanOut: functions.fanOut, Projector: functions.projector },
      tables: { Store: store, Registry: registry },
      httpApiId: http.api.apiId,
      socketApiId: sockets.api.apiId,
    };
    const topic = alarmTopic(this, 'AlarmTopic', settings.alarms);
    const { alarms } = new Alarms(this, 'Alarms', { monitored, capacity, topic });
    new OperationDashboard(this, 'Dashboard', { monitored, alarms, name: this.stackName });

    this.outputs({ HttpApiUrl: http.url, SocketUrl: sockets.url });
    this.outputs({ Issuer: tokens.issuer, Audience: tokens.audience.join(','), ...tokens.outputs });
    this.outputs({ StoreTable: store.tableName, RegistryTable: registry.tableName });
    this.outputs({ TokenKeyArn: tokenKey.secretArn });
    for (const [name, queue] of Object.entries(failures)) {
      this.outputs({ [`${name}FailuresArn`]: queue.queueArn, [`${name}FailuresUrl`]: queue.queueUrl });
    }
  }

  private outputs(values: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(values)) new CfnOutput(this, name, { value });
  }
}
