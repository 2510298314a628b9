import { ApiGatewayManagementApiClient } from '@aws-sdk/client-apigatewaymanagementapi';
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoRegistry } from '../../../core/dynamodb/registry.js';
import { DynamoStore } from '../../../core/dynamodb/store.js';
import { systemClock } from '../../../core/ports/clock.js';
import type { Core } from '../../../core/ports/core.js';
import { QueueBackoff } from '../batch/queue-backoff.js';
import { endingWithInvocation } from '../invocation.js';
import { observe } from '../observability/observe.js';
import type { Config } from './config.js';
import { SqsEraseQueue } from './erase-queue.js';
import { SqsPurgeQueue } from './purge-queue.js';
import { SqsPushQueue } from './push-queue.js';
import { ApiGatewaySockets } from './sockets.js';
import { SecretTokenKeys } from './token-keys.js';

const nothing = () => undefined;
/** Without `info`, for which the SDK would make a copy of every request and answer. */
const logger = { debug: nothing, warn: nothing, error: nothing } as unknown as NonNullable<
  DynamoDBClientConfig['logger']
>;

/** Long enough for a slow answer, short enough to try again within a function's time. */
export const clientSettings = {
  logger,
  requestHandler: { connectionTimeout: 1000, requestTimeout: 4000, throwOnRequestTimeout: true },
};

/** Stands in for what a function was not granted: using it is a defect of the function or of its grants. */
const notGranted = <Port extends object>(what: string): Port =>
  new Proxy({} as Port, {
    get: () => () => {
      throw new Error(`this function was not granted ${what}`);
    },
  });

const NO_TABLE = 'not-granted'; // a function that is granted one table reads and writes nothing of the other

// What a function may name as granted to it. A bundle holds the AWS clients of those that its handler names, no other.

/** Boxes, devices, or both: as many tables as the configuration names. */
export function tables({ STORE_TABLE, REGISTRY_TABLE, TIMELINE = 0 }: Partial<Config>): Partial<Core> {
  const database = endingWithInvocation(new DynamoDBClient(clientSettings));
  return {
    store: new DynamoStore(database, STORE_TABLE ?? NO_TABLE, REGISTRY_TABLE ?? NO_TABLE),
    timeline: TIMELINE,
    ...(REGISTRY_TABLE && { registry: new DynamoRegistry(database, REGISTRY_TABLE) }),
  };
}

export const pushQueue = ({ PUSH_QUEUE_URL }: Pick<Config, 'PUSH_QUEUE_URL'>): Partial<Core> => ({
  pushQueue: new SqsPushQueue(endingWithInvocation(new SQSClient(clientSettings)), PUSH_QUEUE_URL),
});

/** Of the push queue, for whoever takes from it. */
export const pushBackoff = ({ PUSH_QUEUE_URL }: Pick<Config, 'PUSH_QUEUE_URL'>): QueueBackoff =>
  new QueueBackoff(endingWithInvocation(new SQSClient(clientSettings)), PUSH_QUEUE_URL, systemClock.random);

export const purgeQueue = ({ PURGE_QUEUE_URL }: Pick<Config, 'PURGE_QUEUE_URL'>): Partial<Core> => ({
  purgeQueue: new SqsPurgeQueue(endingWithInvocation(new SQSClient(clientSettings)), PURGE_QUEUE_URL),
});

export const eraseQueue = ({ ERASE_QUEUE_URL }: Pick<Config, 'ERASE_QUEUE_URL'>): Partial<Core> => ({
  eraseQueue: new SqsEraseQueue(endingWithInvocation(new SQSClient(clientSettings)), ERASE_QUEUE_URL),
});

export const tokenKeys = ({ TOKEN_SECRET_ID }: Pick<Config, 'TOKEN_SECRET_ID'>): Partial<Core> => ({
  tokenKeys: new SecretTokenKeys(new SecretsManagerClient(clientSettings), TOKEN_SECRET_ID, systemClock),
});

export const sockets = ({ SOCKET_CALLBACK_URL }: Pick<Config, 'SOCKET_CALLBACK_URL'>): Partial<Core> => ({
  sockets: new ApiGatewaySockets(
    new ApiGatewayManagementApiClient({ ...clientSettings, endpoint: SOCKET_CALLBACK_URL }),
  ),
});

/** Everything the core runs on, as far as it was granted: `openCore(tables(config), pushQueue(config))`. */
export const openCore = (...granted: readonly Partial<Core>[]): Core => ({
  clock: systemClock,
  observe: observe,
  store: notGranted('the store'),
  registry: notGranted('the registry'),
  pushQueue: notGranted('the push queue'),
  purgeQueue: notGranted('the purge queue'),
  eraseQueue: notGranted('the erase queue'),
  tokenKeys: notGranted('the token key'),
  sockets: notGranted('the connections'),
  ...Object.assign({}, ...granted),
});
