import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Architecture, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { bundledCode } from '../bundle.js';
import type { Stage } from '../settings.js';
import type { SocketInterface } from './socket-interface.js';

// Transactions have no permissions of their own: they need those of the actions in them.
const REPLACE = ['dynamodb:PutItem', 'dynamodb:DeleteItem', 'dynamodb:ConditionCheckItem'];

export interface SyncFunctionProps {
  readonly stage: Stage;
  /** Folder of the handler: functions/<name>/handler.ts */
  readonly name: string;
  readonly timeout?: Duration;
  readonly memorySize?: number;
}

/** A Lambda function that may do what is said of it, and nothing else. Each grant brings the variable it is used by. */
export class SyncFunction extends LambdaFunction {
  constructor(scope: Construct, id: string, props: SyncFunctionProps) {
    const runtime = Runtime.NODEJS_24_X;
    super(scope, id, {
      runtime,
      architecture: Architecture.ARM_64,
      code: bundledCode(props.name, runtime),
      handler: 'index.handler',
      timeout: props.timeout ?? Duration.seconds(15),
      memorySize: props.memorySize ?? 512,
      environment: {
        POWERTOOLS_SERVICE_NAME: `cpm-sync-${props.name}`,
        POWERTOOLS_LOG_LEVEL: 'INFO',
        POWERTOOLS_METRICS_NAMESPACE: `cpm-sync-${props.stage}`,
        NODE_OPTIONS: '--enable-source-maps', // a bundle's stack traces name the sources
      },
      logGroup: new LogGroup(scope, `${id}Log`, {
        retention: props.stage === 'prod' ? RetentionDays.THREE_MONTHS : RetentionDays.TWO_WEEKS,
        removalPolicy: props.stage === 'prod' ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      }),
    });
  }

  /** Commit log, head and elements, as they are. */
  readsStore(store: ITable): this {
    this.addEnvironment('STORE_TABLE', store.tableName);
    return this.may(['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query'], store.tableArn);
  }

  /** Beside reading: transactions that put, remove and check items. */
  readsAndCommits(store: ITable): this {
    return this.readsStore(store).may(REPLACE, store.tableArn);
  }

  readsDevices(registry: ITable): this {
    this.addEnvironment('REGISTRY_TABLE', registry.tableName);
    return this.may(['dynamodb:GetItem', 'dynamodb:Query'], registry.tableArn);
  }

  /** Policies alone, of all that is in the registry. */
  readsPolicies(registry: ITable): this {
    this.addEnvironment('REGISTRY_TABLE', registry.tableName);
    this.addToRolePolicy(
      new PolicyStatement({
        actions: ['dynamodb:GetItem'],
        resources: [registry.tableArn],
        conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['P#*'] } },
      }),
    );
    return this;
  }

  /** Changes what is noted of a registered device: its position, connection and pushes. */
  updatesDevices(registry: ITable): this {
    return this.readsDevices(registry).may(['dynamodb:UpdateItem'], registry.tableArn);
  }

  /** Registers and revokes devices, and writes tickets for them. */
  registersDevices(registry: ITable): this {
    return this.updatesDevices(registry).may(REPLACE, registry.tableArn);
  }

  /** Looks a ticket and its device up, and deletes the ticket as it is used. */
  takesTickets(registry: ITable): this {
    this.addEnvironment('REGISTRY_TABLE', registry.tableName);
    return this.may(['dynamodb:GetItem', 'dynamodb:DeleteItem'], registry.tableArn);
  }

  sealsTokens(key: ISecret): this {
    this.addEnvironment('TOKEN_SECRET_ID', key.secretArn);
    return this.may(['secretsmanager:GetSecretValue'], key.secretArn);
  }

  schedulesPushes(queue: IQueue): this {
    this.addEnvironment('PUSH_QUEUE_URL', queue.queueUrl);
    return this.may(['sqs:SendMessage'], queue.queueArn);
  }

  /** Orders deleted containers to be emptied. */
  ordersReaping(queue: IQueue): this {
    this.addEnvironment('REAP_QUEUE_URL', queue.queueUrl);
    return this.may(['sqs:SendMessage'], queue.queueArn);
  }

  postsFrames(sockets: SocketInterface): this {
    return this.manages(sockets, 'POST');
  }

  closesConnections(sockets: SocketInterface): this {
    return this.manages(sockets, 'DELETE');
  }

  /** Tells clients where to connect to. */
  namesSocket(sockets: SocketInterface): this {
    this.addEnvironment('SOCKET_URL', sockets.url);
    return this;
  }

  private manages(sockets: SocketInterface, method: 'POST' | 'DELETE'): this {
    this.addEnvironment('SOCKET_CALLBACK_URL', sockets.callbackUrl);
    return this.may(['execute-api:ManageConnections'], sockets.connectionsArn(method));
  }

  private may(actions: string[], arn: string): this {
    this.addToRolePolicy(new PolicyStatement({ actions, resources: [arn] }));
    return this;
  }
}
