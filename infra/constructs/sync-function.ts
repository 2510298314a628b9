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
/** Actions that append log entries and apply them to the view. */
const APPLY = ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:PartiQLInsert', 'dynamodb:PartiQLUpdate'];
const REMOVE = ['dynamodb:PartiQLDelete'];
/** Keys of the registry that belong to boxes. */
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
  /** Timeline of the tables, increased by one with each restore. */
  readonly timeline: number;
  readonly timeout?: Duration;
  readonly memorySize?: number;
  /** Reserved concurrency, which is also the maximum. The account has less for other functions. */
  readonly reservedConcurrentExecutions?: number | undefined;
}

/** A Lambda function with explicit grants only. Each grant also sets the environment variable that the function needs. */
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
        NODE_OPTIONS: '--enable-source-maps', // stack traces show source files
      },
      role,
      logGroup,
      tracing: Tracing.ACTIVE,
    });
    this.executionRole = role;
    this.timeline = props.timeline;
    logGroup.grantWrite(role);
    suppressNag(role, { 'AwsSolutions-IAM5[Resource::*]': 'The actions of X-Ray have no resource.' });
    // docs/ and sam local invoke use this name.
    (this.node.defaultChild as CfnFunction).overrideLogicalId(`${id}Function`);
  }

  /** Reads the log and the items of boxes. */
  readsStore(store: ITable): this {
    this.addEnvironment('STORE_TABLE', store.tableName);
    this.addEnvironment('TIMELINE', String(this.timeline));
    return this.allow(READ, store.tableArn).grantKey('dynamodb', store.encryptionKey);
  }

  /** Commits, and applies log entries to the items of boxes and devices. */
  readsAndCommits(store: ITable, registry: ITable): this {
    this.readsStore(store).allow(APPLY, store.tableArn).grantKey('dynamodb', store.encryptionKey, WRITE_KEY);
    return this.readsPolicies(registry)
      .allow([...READ, ...APPLY], registry.tableArn, OF_BOXES)
      .grantKey('dynamodb', registry.encryptionKey, WRITE_KEY);
  }

  /** Commits without changes of devices. Reads devices to find out how far the log is applied. */
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

  /** Reads policies, and nothing else of the registry. */
  readsPolicies(registry: ITable): this {
    this.addEnvironment('REGISTRY_TABLE', registry.tableName);
    return this.allow(['dynamodb:GetItem'], registry.tableArn, {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['P#*'] },
    }).grantKey('dynamodb', registry.encryptionKey);
  }

  /** Updates position, connection and pushes of a registered device. */
  updatesDevices(registry: ITable): this {
    return this.readsDevices(registry)
      .allow(['dynamodb:UpdateItem'], registry.tableArn)
      .grantKey('dynamodb', registry.encryptionKey, WRITE_KEY);
  }

  /** Removes devices and their former items from the registry. */
  removesDevices(registry: ITable): this {
    return this.allow(REMOVE, registry.tableArn, OF_BOXES);
  }

  /** Writes and deletes tickets of devices. */
  writesTickets(registry: ITable): this {
    return this.allow(['dynamodb:PutItem', 'dynamodb:DeleteItem'], registry.tableArn, {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['T#*'] },
    });
  }

  /** Writes policies. */
  putsPolicies(registry: ITable): this {
    return this.allow(['dynamodb:PutItem'], registry.tableArn, {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['P#*'] },
    });
  }

  /** Reads a ticket and its device, and deletes the used ticket. */
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

  /** Sets the delay of a failed push. */
  postponesPushes(queue: IQueue): this {
    this.addEnvironment('PUSH_QUEUE_URL', queue.queueUrl);
    return this.allow(['sqs:ChangeMessageVisibility'], queue.queueArn);
  }

  /** Requests purges of deleted containers. */
  ordersPurging(queue: IQueue): this {
    this.addEnvironment('PURGE_QUEUE_URL', queue.queueUrl);
    return this.sendsTo(queue);
  }

  /** Requests the erasure of boxes. */
  ordersErasing(queue: IQueue): this {
    this.addEnvironment('ERASE_QUEUE_URL', queue.queueUrl);
    return this.sendsTo(queue);
  }

  /**
   * Removes devices, scopes and tickets of boxes from the registry, but no policies.
   * @param settle time after which no earlier write can arrive
   */
  erasesDevices(registry: ITable, settle: Duration): this {
    this.addEnvironment('ERASE_SETTLE_SECONDS', String(settle.toSeconds()));
    return this.allow(['dynamodb:Query', 'dynamodb:DeleteItem', ...REMOVE], registry.tableArn, {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['B#*', 'T#*'] },
    }).grantKey('dynamodb', registry.encryptionKey, WRITE_KEY);
  }

  /** Reads a stream through an event source, which describes failed records in `failures`. */
  followsStream(table: ITable, failures: IQueue): this {
    suppressNag(this.executionRole, {
      'AwsSolutions-IAM5[Resource::*]': 'The actions of X-Ray and dynamodb:ListStreams have no resource.',
    });
    return this.allow(
      ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
      table.tableStreamArn ?? '',
    )
      .allow(['dynamodb:ListStreams'], '*') // Lambda rejects a mapping whose role lacks it
      .grantKey('dynamodb', table.encryptionKey)
      .sendsTo(failures);
  }

  /** Consumes a queue through an event source. */
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

  /** Knows the address of the WebSocket API for clients. */
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

  /** Grants the customer's key, if any, for use through the service that stores the data. */
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
