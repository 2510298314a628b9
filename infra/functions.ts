import { Duration } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { BoundedFunction, Capacity } from './capacity.js';
import type { KeptLogsProps } from './constructs/kept-logs.js';
import type { SocketInterface } from './constructs/socket-interface.js';
import { SyncFunction, type SyncFunctionProps } from './constructs/sync-function.js';
import type { LogLevel, Stage } from './settings.js';

/** Time for one batch; the queues measure their visibility timeout by these. */
export const NOTIFIER_TIMEOUT = Duration.seconds(5);
export const REAPER_TIMEOUT = Duration.seconds(60);
export const ERASER_TIMEOUT = Duration.seconds(60);
const FAN_OUT_TIMEOUT = Duration.seconds(60);
const EXPIRY_TIMEOUT = Duration.seconds(60);
const SMALL_MB = 256;

/**
 * DynamoDB may show a transaction that it has answered item by item. A box counts as erased only when nothing of it can
 * come to light any more; where something is tried out, nobody wants to wait that long for a new one.
 */
const ERASE_SETTLE: Readonly<Record<Stage, Duration>> = {
  dev: Duration.seconds(10),
  prod: Duration.seconds(90),
};

export interface FunctionsProps extends KeptLogsProps {
  readonly store: ITable;
  readonly registry: ITable;
  readonly tokenKey: ISecret;
  readonly pushQueue: IQueue;
  readonly reapQueue: IQueue;
  readonly eraseQueue: IQueue;
  readonly sockets: SocketInterface;
  readonly capacity: Capacity;
  readonly reservesConcurrency: boolean;
  readonly logLevel: LogLevel;
}

/** Every function, with what it is granted. */
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
  readonly reaper: SyncFunction;
  readonly expiry: SyncFunction;
  readonly eraser: SyncFunction;

  constructor(scope: Construct, id: string, props: FunctionsProps) {
    super(scope, id);
    const { store, registry, tokenKey, pushQueue, reapQueue, eraseQueue, sockets } = props;
    const { stage, dataKey, logLevel, capacity, reservesConcurrency } = props;
    const make = (constructId: string, rest: Omit<SyncFunctionProps, keyof KeptLogsProps | 'logLevel'>) =>
      new SyncFunction(this, constructId, { stage, dataKey, logLevel, ...rest });
    /** With a share of the account's concurrency of its own, and no more. */
    const bounded = (name: BoundedFunction) => ({
      name,
      reservedConcurrentExecutions: reservesConcurrency ? capacity.reserved(name) : undefined,
    });

    this.sync = make('Sync', { name: 'sync', memorySize: 1024 })
      .readsAndCommits(store)
      .registersDevices(registry)
      .sealsTokens(tokenKey);
    this.devices = make('Devices', { name: 'devices' })
      .readsAndCommits(store)
      .registersDevices(registry)
      .closesConnections(sockets)
      .namesSocket(sockets);
    this.participating = make('Participating', bounded('participating'))
      .readsAndCommits(store)
      .readsPolicies(registry);
    this.history = make('History', bounded('history')).readsStore(store).readsDevices(registry);
    this.admin = make('Admin', bounded('admin'))
      .readsAndCommits(store)
      .registersDevices(registry)
      .ordersErasing(eraseQueue)
      .closesConnections(sockets);

    this.socketAuthorizer = make('SocketAuthorizer', { name: 'socket-authorizer' }).takesTickets(registry);
    this.socketConnection = make('SocketConnection', { name: 'socket-connection' })
      .readsStore(store)
      .updatesDevices(registry)
      .schedulesPushes(pushQueue)
      .closesConnections(sockets);
    this.socketSync = make('SocketSync', { name: 'socket-sync', memorySize: 1024 })
      .readsAndCommits(store)
      .registersDevices(registry)
      .sealsTokens(tokenKey);
    this.socketDefault = make('SocketDefault', { name: 'socket-default', memorySize: SMALL_MB });

    this.fanOut = make('FanOut', { name: 'fan-out', timeout: FAN_OUT_TIMEOUT })
      .updatesDevices(registry)
      .schedulesPushes(pushQueue)
      .ordersReaping(reapQueue);
    this.notifier = make('Notifier', { name: 'notifier', timeout: NOTIFIER_TIMEOUT })
      .readsStore(store)
      .updatesDevices(registry)
      .postponesPushes(pushQueue)
      .postsFrames(sockets);
    this.reaper = make('Reaper', { name: 'reaper', timeout: REAPER_TIMEOUT })
      .readsAndCommits(store)
      .ordersReaping(reapQueue);
    this.expiry = make('Expiry', { name: 'expiry', timeout: EXPIRY_TIMEOUT })
      .commitsByKey(store)
      .readsPolicies(registry);
    this.eraser = make('Eraser', { name: 'eraser', timeout: ERASER_TIMEOUT })
      .readsAndCommits(store)
      .erasesDevices(registry, ERASE_SETTLE[stage])
      .ordersErasing(eraseQueue)
      .closesConnections(sockets);
  }

  /** Those that answer requests, those that answer frames, and those that do the work behind them. */
  byKind() {
    return {
      Http: [this.sync, this.devices, this.history, this.participating, this.admin],
      Socket: [this.socketAuthorizer, this.socketConnection, this.socketSync, this.socketDefault],
      Worker: [this.fanOut, this.notifier, this.reaper, this.expiry, this.eraser],
    };
  }
}
