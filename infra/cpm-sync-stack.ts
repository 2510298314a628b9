import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Capacity } from './capacity.js';
import { DataKey } from './constructs/data-key.js';
import { readCommits, takeMessages } from './constructs/event-sources.js';
import { FailureAlarms } from './constructs/failure-alarms.js';
import { GatewayAccount } from './constructs/gateway-account.js';
import { HttpInterface } from './constructs/http-interface.js';
import { SocketInterface } from './constructs/socket-interface.js';
import { Tables } from './constructs/tables.js';
import { tokenIssuer } from './constructs/token-issuer.js';
import { TokenKey } from './constructs/token-key.js';
import { FailureQueue, WorkQueue } from './constructs/work-queue.js';
import { Functions, NOTIFIER_TIMEOUT, REAPER_TIMEOUT } from './functions.js';
import type { Settings } from './settings.js';

/** Everything: boxes, interfaces, and the way from a commit to the devices it concerns. */
export class CpmSyncStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps & { settings: Settings }) {
    super(scope, id, { terminationProtection: props.settings.stage === 'prod', ...props });
    const { settings } = props;
    const { stage } = settings;
    const capacity = new Capacity(settings.capacity);
    const dataKey = settings.encryption === 'customer' ? new DataKey(this, 'DataKey', { stage }) : undefined;
    const kept = { stage, dataKey };

    const { store, registry } = new Tables(this, 'Tables', kept);
    const tokenKey = new TokenKey(this, 'TokenKey', kept);
    const pushes = new WorkQueue(this, 'Pushes', { dataKey, consumerTimeout: NOTIFIER_TIMEOUT });
    const reaping = new WorkQueue(this, 'Reaping', { dataKey, consumerTimeout: REAPER_TIMEOUT });
    const fanOutFailures = new FailureQueue(this, 'FanOutFailures', { dataKey });
    const gatewayAccount =
      settings.gatewayAccount === 'stack' ? new GatewayAccount(this, 'GatewayAccount') : undefined;
    const sockets = new SocketInterface(this, 'Sockets', { ...kept, capacity, gatewayAccount });
    const functions = new Functions(this, 'Functions', {
      ...kept,
      store,
      registry,
      tokenKey,
      pushQueue: pushes.queue,
      reapQueue: reaping.queue,
      sockets,
      capacity,
      reservesConcurrency: settings.reservesConcurrency,
    });

    readCommits(functions.fanOut, store, fanOutFailures);
    takeMessages(functions.notifier, pushes.queue, { batchSize: 10, atOnce: capacity.mapping('notifier') });
    takeMessages(functions.reaper, reaping.queue, { batchSize: 1, atOnce: capacity.mapping('reaper') });
    sockets.serve({
      authorizer: functions.socketAuthorizer,
      connection: functions.socketConnection,
      sync: functions.socketSync,
      default: functions.socketDefault,
    });

    new FailureAlarms(this, 'Alarms', {
      failures: { Pushes: pushes.deadLetters, Reaping: reaping.deadLetters, FanOut: fanOutFailures },
      streamReader: functions.fanOut,
    });

    const tokens = tokenIssuer(this, settings);
    const http = new HttpInterface(this, 'Http', {
      ...kept,
      tokens,
      origins: settings.origins,
      functions,
      capacity,
    });

    this.output('HttpApiUrl', http.url);
    this.output('SocketUrl', sockets.url);
    this.output('Issuer', tokens.issuer);
    this.output('Audience', tokens.audience.join(','));
    for (const [name, value] of Object.entries(tokens.clients)) this.output(name, value);
  }

  private output(name: string, value: string): void {
    new CfnOutput(this, name, { value });
  }
}
