import { Duration, Stack } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  Architecture,
  type CfnFunction,
  Function as LambdaFunction,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { bundledCode } from '../bundle.js';
import type { LogLevel } from '../settings.js';
import { suppressNag } from '../suppress-nag.js';
import { RetainedLogGroup, type RetainedLogGroupProps } from './retained-log-group.js';
import type { WebSocketApi } from './websocket-api.js';

const READ = ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query'];
/** Appends log entries, and applies them to the items of the view. */
const APPLY = ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:PartiQLInsert', 'dynamodb:PartiQLUpdate'];
const REMOVE = ['dynamodb:PartiQLDelete'];
/** Of the registry, what belongs to boxes. */
const OF_BOXES = { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['B#*'] } };

const READ_KEY = ['kms:Decrypt', 'kms:DescribeKey'];
const WRITE_KEY = [
  ...READ_KEY,
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
];

export interface SyncFunctionProps extends RetainedLogGroupProps {
  /** Folder of the handler: functions/<name>/handler.ts */
  readonly name: string;
  readonly logLevel: LogLevel;
  /** Of the tables: one more each time they were restored. */
  readonly timeline: number;
  readonly timeout?: Duration;
  readonly memorySize?: number;
  /** Runs this many at once and no more; the share is taken from what the account has. */
  readonly reservedConcurrentExecutions?: number | undefined;
}

/** A Lambda function that may do what is said of it, and nothing else. Each grant brings the variable it is used by. */
export class SyncFunction extends LambdaFunction {
  private readonly executionRole: Role;
  private readonly timeline: number;

  constructor(scope: Construct, id: string, props: SyncFunctionProps) {
    const { name, timeout, memorySize, reservedConcurrentExecutions } = props;
    const runtime = Runtime.NODEJS_24_X;
    const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    const logGroup = new RetainedLogGroup(scope, `${id}Log`, props);
    super(scope, `${id}Function`, {
      runtime,
      architecture: Architecture.ARM_64,
      code: bundledCode(name, runtime),
      handler: 'index.handler',
      timeout: timeout ?? Duration.seconds(15),
      memorySize: memorySize ?? 512,
      ...(reservedConcurrentExecutions && { reservedConcurrentExecutions }),
      environment: {
        SERVICE_NAME: `cpm-sync-${name}`,
        LOG_LEVEL: props.logLevel,
        METRICS_NAMESPACE: `cpm-sync-${props.stage}`,
        NODE_OPTIONS: '--enable-source-maps', // a bundle's stack traces name the sources
      },
      role,
      logGroup,
      tracing: Tracing.ACTIVE,
    });
    this.executionRole = role;
    this.timeline = props.timeline;
    logGroup.grantWrite(role);
    suppressNag(role, { 'AwsSolutions-IAM5[Resource::*]': 'The actions of X-Ray know no resource.' });
    // The name by which it is called in docs/ and by sam local invoke.
    (this.node.defaultChild as CfnFunction).overrideLogicalId(`${id}Function`);
  }

  /** The log of a box and its items, as they are. */
  readsStore(store: ITable): this {
    this.addEnvironment('STORE_TABLE', store.tableName);
    this.addEnvironment('TIMELINE', String(this.timeline));
    return this.allow(READ, store.tableArn).grantKey('dynamodb', store.encryptionKey);
  }

  /** Commits, and applies log entries to the items of the boxes, those of devices too. */
  readsAndCommits(store: ITable, registry: ITable): this {
    this.readsStore(store).allow(APPLY, store.tableArn).grantKey('dynamodb', store.encryptionKey, WRITE_KEY);
    return this.readsPolicies(registry)
      .allow([...READ, ...APPLY], registry.tableArn, OF_BOXES)
      .grantKey('dynamodb', registry.encryptionKey, WRITE_KEY);
  }

  /** Commits what concerns no device; looks at devices to see how far the log is applied. */
  deposits(store: ITable, registry: ITable): this {
    this.readsStore(store).allow(APPLY, store.tableArn).grantKey('dynamodb', store.encryptionKey, WRITE_KEY);
    return this.readsPolicies(registry).allow(
      ['dynamodb:GetItem', 'dynamodb:BatchGetItem'],
      registry.tableArn,
      OF_BOXES,
    );
  }

  /** Removes items of boxes. */
  removesItems(store: ITable): this {
    return this.allow(REMOVE, store.tableArn);
  }

  readsDevices(registry: ITable): this {
    this.addEnvironment('REGISTRY_TABLE', registry.tableName);
    return this.allow(READ, registry.tableArn).grantKey('dynamodb', registry.encryptionKey);
  }

  /** Policies alone, of all that is in the registry. */
  readsPolicies(registry: ITable): this {
    this.addEnvironment('REGISTRY_TABLE', registry.tableName);
    return this.allow(['dynamodb:GetItem'], registry.tableArn, {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['P#*'] },
    }).grantKey('dynamodb', registry.encryptionKey);
  }

  /** Changes what is noted of a registered device: its position, connection and pushes. */
  updatesDevices(registry: ITable): this {
    return this.readsDevices(registry)
      .allow(['dynamodb:UpdateItem'], registry.tableArn)
      .grantKey('dynamodb', registry.encryptionKey, WRITE_KEY);
  }

  /** Removes what the registry keeps of boxes: devices, and what they had before. */
  removesDevices(registry: ITable): this {
    return this.allow(REMOVE, registry.tableArn, OF_BOXES);
  }

  /** Writes tickets of devices, and takes one back. */
  writesTickets(registry: ITable): this {
    return this.allow(['dynamodb:PutItem', 'dynamodb:DeleteItem'], registry.tableArn, {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['T#*'] },
    });
  }

  /** Puts policies. */
  putsPolicies(registry: ITable): this {
    return this.allow(['dynamodb:PutItem'], registry.tableArn, {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['P#*'] },
    });
  }

  /** Looks a ticket and its device up, and deletes the ticket as it is used. */
  takesTickets(registry: ITable): this {
    this.addEnvironment('REGISTRY_TABLE', registry.tableName);
    return this.allow(['dynamodb:GetItem', 'dynamodb:DeleteItem'], registry.tableArn).grantKey(
      'dynamodb',
      registry.encryptionKey,
      WRITE_KEY,
    );
  }

  sealsTokens(key: ISecret): this {
    this.addEnvironment('TOKEN_SECRET_ID', key.secretArn);
    return this.allow(['secretsmanager:GetSecretValue'], key.secretArn).grantKey(
      'secretsmanager',
      key.encryptionKey,
    );
  }

  schedulesPushes(queue: IQueue): this {
    this.addEnvironment('PUSH_QUEUE_URL', queue.queueUrl);
    return this.sendsTo(queue);
  }

  /** Says when a push that failed shall come again. */
  postponesPushes(queue: IQueue): this {
    this.addEnvironment('PUSH_QUEUE_URL', queue.queueUrl);
    return this.allow(['sqs:ChangeMessageVisibility'], queue.queueArn);
  }

  /** Orders deleted containers to be emptied. */
  ordersPurging(queue: IQueue): this {
    this.addEnvironment('PURGE_QUEUE_URL', queue.queueUrl);
    return this.sendsTo(queue);
  }

  /** Orders boxes to be erased. */
  ordersErasing(queue: IQueue): this {
    this.addEnvironment('ERASE_QUEUE_URL', queue.queueUrl);
    return this.sendsTo(queue);
  }

  /**
   * Removes what the registry keeps of boxes: devices, scopes, tickets, and no policy.
   * @param settle after which no write that began before arrives any more
   */
  erasesDevices(registry: ITable, settle: Duration): this {
    this.addEnvironment('ERASE_SETTLE_SECONDS', String(settle.toSeconds()));
    return this.allow(['dynamodb:Query', 'dynamodb:DeleteItem', ...REMOVE], registry.tableArn, {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['B#*', 'T#*'] },
    }).grantKey('dynamodb', registry.encryptionKey, WRITE_KEY);
  }

  /** As an event source does on its behalf; what it cannot handle is described in `failures`. */
  followsStream(table: ITable, failures: IQueue): this {
    suppressNag(this.executionRole, {
      'AwsSolutions-IAM5[Resource::*]': 'The actions of X-Ray and dynamodb:ListStreams know no resource.',
    });
    return this.allow(
      ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
      table.tableStreamArn ?? '',
    )
      .allow(['dynamodb:ListStreams'], '*') // Lambda refuses a mapping whose role may not
      .grantKey('dynamodb', table.encryptionKey)
      .sendsTo(failures);
  }

  /** As an event source does on its behalf. */
  takesFrom(queue: IQueue): this {
    return this.allow(
      ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
      queue.queueArn,
    ).grantKey('sqs', queue.encryptionMasterKey);
  }

  postsFrames(sockets: WebSocketApi): this {
    return this.manages(sockets, 'POST');
  }

  closesConnections(sockets: WebSocketApi): this {
    return this.manages(sockets, 'DELETE');
  }

  /** Tells clients where to connect to. */
  namesSocket(sockets: WebSocketApi): this {
    this.addEnvironment('SOCKET_URL', sockets.url);
    return this;
  }

  private sendsTo(queue: IQueue): this {
    return this.allow(['sqs:SendMessage'], queue.queueArn).grantKey('sqs', queue.encryptionMasterKey, [
      'kms:Decrypt',
      'kms:GenerateDataKey',
    ]);
  }

  private manages(sockets: WebSocketApi, method: 'POST' | 'DELETE'): this {
    this.addEnvironment('SOCKET_CALLBACK_URL', sockets.callbackUrl);
    sockets.grantConnections(this.executionRole, method);
    return this;
  }

  /** Uses the customer's key, if there is one, through the service that keeps the data. */
  private grantKey(
    service: 'dynamodb' | 'sqs' | 'secretsmanager',
    key: IKey | undefined,
    actions = READ_KEY,
  ): this {
    if (!key) return this;
    const via = `${service}.${Stack.of(this).region}.amazonaws.com`;
    return this.allow(actions, key.keyArn, { StringEquals: { 'kms:ViaService': via } });
  }

  private allow(actions: string[], arn: string, conditions?: Record<string, unknown>): this {
    this.addToRolePolicy(
      new PolicyStatement({ actions, resources: [arn], ...(conditions && { conditions }) }),
    );
    return this;
  }
}
