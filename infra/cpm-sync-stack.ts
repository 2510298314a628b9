import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { commitsOf, pushesOf, reapingOf } from './constructs/event-sources.js';
import { FailureAlarms } from './constructs/failure-alarms.js';
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
    super(scope, id, props);
    const { settings } = props;
    const { stage } = settings;

    const { store, registry } = new Tables(this, 'Tables', { stage });
    const tokenKey = new TokenKey(this, 'TokenKey', { stage });
    const pushes = new WorkQueue(this, 'Pushes', { consumerTimeout: NOTIFIER_TIMEOUT });
    const reaping = new WorkQueue(this, 'Reaping', { consumerTimeout: REAPER_TIMEOUT });
    const fanOutFailures = new FailureQueue(this, 'FanOutFailures');
    const sockets = new SocketInterface(this, 'Sockets');
    const functions = new Functions(this, 'Functions', {
      stage,
      store,
      registry,
      tokenKey,
      pushQueue: pushes.queue,
      reapQueue: reaping.queue,
      sockets,
    });

    functions.fanOut.addEventSource(commitsOf(store, fanOutFailures));
    functions.notifier.addEventSource(pushesOf(pushes.queue));
    functions.reaper.addEventSource(reapingOf(reaping.queue));
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
    const http = new HttpInterface(this, 'Http', { tokens, origins: settings.origins, functions });

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
