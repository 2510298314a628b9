import { ApiGatewayManagementApiClient } from '@aws-sdk/client-apigatewaymanagementapi';
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoRegistry } from '../../../core/dynamodb/registry.js';
import { DynamoStore } from '../../../core/dynamodb/store.js';
import { systemClock } from '../../../core/ports/clock.js';
import type { Core } from '../../../core/ports/core.js';
import type { EraseMessage } from '../../../core/ports/erase-queue.js';
import type { PurgeMessage } from '../../../core/ports/purge-queue.js';
import type { PushMessage } from '../../../core/ports/push.js';
import { QueueBackoff } from '../batch/queue-backoff.js';
import { endingWithInvocation } from '../invocation.js';
import { observe } from '../observability/observe.js';
import type { Config } from './config.js';
import { ApiGatewayConnections } from './connections.js';
import { SqsQueue } from './sqs-queue.js';
import { SecretTokenKeys } from './token-keys.js';

const nothing = () => undefined;
/** The SDK copies every request and response for a logger with `info`, so this one has none. */
const logger = { debug: nothing, warn: nothing, error: nothing } as unknown as NonNullable<
  DynamoDBClientConfig['logger']
>;

/** Unit: ms. Long enough for a slow response, short enough for a retry before the function times out. */
export const clientSettings = {
  logger,
  requestHandler: { connectionTimeout: 1000, requestTimeout: 4000, throwOnRequestTimeout: true },
};

/** A port that the function was not granted. Each call is a defect of the function or of its grants, and throws an Error. */
const notGranted = <Port extends object>(what: string): Port =>
  new Proxy({} as Port, {
    get: () => () => {
      throw new Error(`this function was not granted ${what}`);
    },
  });

const NO_TABLE = 'not-granted'; // a function with one table never uses the name of the other

// The ports that a handler can open. A bundle contains only the AWS clients of the ports that its handler opens.

/** The store, the registry, or both, as the configuration names their tables. */
export function tables({ STORE_TABLE, REGISTRY_TABLE, TIMELINE = 0 }: Partial<Config>): Partial<Core> {
  const database = endingWithInvocation(new DynamoDBClient(clientSettings));
  return {
    store: new DynamoStore(database, STORE_TABLE ?? NO_TABLE, REGISTRY_TABLE ?? NO_TABLE),
    timeline: TIMELINE,
    ...(REGISTRY_TABLE && { registry: new DynamoRegistry(database, REGISTRY_TABLE) }),
  };
}

const queueAt = <Message>(url: string): SqsQueue<Message> =>
  new SqsQueue(endingWithInvocation(new SQSClient(clientSettings)), url);

export const pushQueue = ({ PUSH_QUEUE_URL }: Pick<Config, 'PUSH_QUEUE_URL'>): Partial<Core> => ({
  pushQueue: queueAt<PushMessage>(PUSH_QUEUE_URL),
});

/** The back-off of the push queue, for its consumer. */
export const pushBackoff = ({ PUSH_QUEUE_URL }: Pick<Config, 'PUSH_QUEUE_URL'>): QueueBackoff =>
  new QueueBackoff(endingWithInvocation(new SQSClient(clientSettings)), PUSH_QUEUE_URL, systemClock.random);

export function purgeQueue({ PURGE_QUEUE_URL }: Pick<Config, 'PURGE_QUEUE_URL'>): Partial<Core> {
  const queue = queueAt<PurgeMessage>(PURGE_QUEUE_URL);
  return { purgeQueue: { send: (messages, delaySeconds) => queue.sendAll(messages, delaySeconds) } };
}

export function eraseQueue({ ERASE_QUEUE_URL }: Pick<Config, 'ERASE_QUEUE_URL'>): Partial<Core> {
  const queue = queueAt<EraseMessage>(ERASE_QUEUE_URL);
  return { eraseQueue: { send: (message, delaySeconds) => queue.sendAll([message], delaySeconds) } };
}

export const tokenKeys = ({ TOKEN_SECRET_ID }: Pick<Config, 'TOKEN_SECRET_ID'>): Partial<Core> => ({
  tokenKeys: new SecretTokenKeys(new SecretsManagerClient(clientSettings), TOKEN_SECRET_ID, systemClock),
});

export const connections = ({ SOCKET_CALLBACK_URL }: Pick<Config, 'SOCKET_CALLBACK_URL'>): Partial<Core> => ({
  sockets: new ApiGatewayConnections(
    new ApiGatewayManagementApiClient({ ...clientSettings, endpoint: SOCKET_CALLBACK_URL }),
  ),
});

/** The core with its granted ports: `openCore(tables(config), pushQueue(config))`. */
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
