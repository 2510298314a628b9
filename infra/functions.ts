import { Duration } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { BoundedFunction, Capacity } from './capacity.js';
import type { RetainedLogGroupProps } from './constructs/retained-log-group.js';
import { SyncFunction, type SyncFunctionProps } from './constructs/sync-function.js';
import type { WebSocketApi } from './constructs/websocket-api.js';
import type { LogLevel, Stage } from './settings.js';

/** Time for one batch. The visibility timeouts of the queues derive from these. */
export const NOTIFIER_TIMEOUT = Duration.seconds(5);
export const PURGER_TIMEOUT = Duration.seconds(60);
export const ERASER_TIMEOUT = Duration.seconds(60);
const FAN_OUT_TIMEOUT = Duration.seconds(60);
const PROJECTOR_TIMEOUT = Duration.seconds(60);
const SMALL_MB = 256;

/**
 * Longer than the timeout of each function that writes to a box. A box counts as erased only when no earlier write can still
 * arrive. On stage dev the time is short, so that developers need not wait.
 */
const ERASE_SETTLE: Readonly<Record<Stage, Duration>> = {
  dev: Duration.seconds(10),
  prod: Duration.seconds(90),
};

export interface FunctionsProps extends RetainedLogGroupProps {
  readonly store: ITable;
  readonly registry: ITable;
  readonly tokenKey: ISecret;
  readonly pushQueue: IQueue;
  readonly purgeQueue: IQueue;
  readonly eraseQueue: IQueue;
  readonly sockets: WebSocketApi;
  readonly capacity: Capacity;
  readonly reservesConcurrency: boolean;
  readonly logLevel: LogLevel;
  readonly timeline: number;
}

/** All functions with their grants. */
export class Functions extends Construct {
  readonly sync: SyncFunction;
  readonly devices: SyncFunction;
  readonly history: SyncFunction;
  readonly participating: SyncFunction;
  readonly admin: SyncFunction;
  readonly socketAuthorizer: SyncFunction;
  readonly socketConnection: SyncFunction;
  readonly socketSync: SyncFunction;
  readonly socketDefault: SyncFunction;
  readonly fanOut: SyncFunction;
  readonly notifier: SyncFunction;
  readonly purger: SyncFunction;
  readonly projector: SyncFunction;
  readonly eraser: SyncFunction;

  constructor(scope: Construct, id: string, props: FunctionsProps) {
    super(scope, id);
    const { store, registry, tokenKey, pushQueue, purgeQueue, eraseQueue, sockets } = props;
    const { stage, dataKey, logLevel, timeline, capacity, reservesConcurrency } = props;
    const make = (
      constructId: string,
      rest: Omit<SyncFunctionProps, keyof RetainedLogGroupProps | 'logLevel' | 'timeline'>,
    ) => new SyncFunction(this, constructId, { stage, dataKey, logLevel, timeline, ...rest });
    /** A function with reserved concurrency, which is also its maximum. */
    const bounded = (name: BoundedFunction) => ({
      name,
      reservedConcurrentExecutions: reservesConcurrency ? capacity.reserved(name) : undefined,
    });

    this.sync = make('Sync', { name: 'sync', memorySize: 1024 })
      .readsAndCommits(store, registry)
      .sealsTokens(tokenKey);
    this.devices = make('Devices', { name: 'devices' })
      .readsAndCommits(store, registry)
      .removesDevices(registry)
      .writesTickets(registry)
      .closesConnections(sockets)
      .namesSocket(sockets);
    this.participating = make('Participating', bounded('participating')).deposits(store, registry);
    this.history = make('History', bounded('history')).readsStore(store).readsDevices(registry);
    this.admin = make('Admin', bounded('admin'))
      .readsAndCommits(store, registry)
      .putsPolicies(registry)
      .removesDevices(registry)
      .ordersErasing(eraseQueue)
      .closesConnections(sockets);

    this.socketAuthorizer = make('SocketAuthorizer', { name: 'socket-authorizer' }).takesTickets(registry);
    this.socketConnection = make('SocketConnection', { name: 'socket-connection' })
      .readsStore(store)
      .updatesDevices(registry)
      .schedulesPushes(pushQueue)
      .closesConnections(sockets);
    this.socketSync = make('SocketSync', { name: 'socket-sync', memorySize: 1024 })
      .readsAndCommits(store, registry)
      .sealsTokens(tokenKey);
    this.socketDefault = make('SocketDefault', { name: 'socket-default', memorySize: SMALL_MB });

    this.fanOut = make('FanOut', { name: 'fan-out', timeout: FAN_OUT_TIMEOUT })
      .updatesDevices(registry)
      .schedulesPushes(pushQueue)
      .ordersPurging(purgeQueue);
    this.notifier = make('Notifier', { name: 'notifier', timeout: NOTIFIER_TIMEOUT })
      .readsStore(store)
      .updatesDevices(registry)
      .postponesPushes(pushQueue)
      .postsFrames(sockets);
    this.purger = make('Purger', { name: 'purger', timeout: PURGER_TIMEOUT })
      .readsAndCommits(store, registry)
      .ordersPurging(purgeQueue);
    this.projector = make('Projector', { name: 'projector', timeout: PROJECTOR_TIMEOUT }).readsAndCommits(
      store,
      registry,
    );
    this.eraser = make('Eraser', { name: 'eraser', timeout: ERASER_TIMEOUT })
      .readsAndCommits(store, registry)
      .removesItems(store)
      .erasesDevices(registry, ERASE_SETTLE[stage])
      .ordersErasing(eraseQueue)
      .closesConnections(sockets);
  }

  /** Functions by kind: those that answer requests, those that answer frames, and those in the background. */
  byKind() {
    return {
      Http: [this.sync, this.devices, this.history, this.participating, this.admin],
      Socket: [this.socketAuthorizer, this.socketConnection, this.socketSync, this.socketDefault],
      Worker: [this.fanOut, this.notifier, this.purger, this.projector, this.eraser],
    };
  }
}
