import { ApiGatewayManagementApiClient } from '@aws-sdk/client-apigatewaymanagementapi';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { systemClock } from '../../core/clock.js';
import type { Core } from '../../core/core.js';
import { DynamoRegistry } from '../../core/dynamodb/registry.js';
import { DynamoStore } from '../../core/dynamodb/store.js';
import type { Config } from './config.js';
import { report } from './log.js';
import { SqsPushQueue } from './push-queue.js';
import { SqsReapQueue } from './reap-queue.js';
import { ApiGatewaySockets } from './sockets.js';
import { SecretTokenKeys } from './token-keys.js';

/** Long enough for a slow answer, short enough to try again within a function's time. */
const client = {
  requestHandler: { connectionTimeout: 1000, requestTimeout: 4000, throwOnRequestTimeout: true },
};

/** Stands in for what a function was not granted: using it is a defect of the function or of its grants. */
const notGranted = <Port extends object>(what: string): Port =>
  new Proxy({} as Port, {
    get: () => () => {
      throw new Error(`this function was not granted ${what}`);
    },
  });

const NO_TABLE = 'not-granted'; // the registry writes to the store only when it registers or revokes

/** Everything the core runs on, as far as the function's configuration goes. */
export function openCore(config: Partial<Config>): Core {
  const { STORE_TABLE, REGISTRY_TABLE, PUSH_QUEUE_URL, REAP_QUEUE_URL } = config;
  const { TOKEN_SECRET_ID, SOCKET_CALLBACK_URL } = config;
  const database = new DynamoDBClient(client);
  return {
    clock: systemClock,
    report,
    store: STORE_TABLE ? new DynamoStore(database, STORE_TABLE) : notGranted('the store'),
    registry: REGISTRY_TABLE
      ? new DynamoRegistry(database, REGISTRY_TABLE, STORE_TABLE ?? NO_TABLE)
      : notGranted('the registry'),
    pushQueue: PUSH_QUEUE_URL
      ? new SqsPushQueue(new SQSClient(client), PUSH_QUEUE_URL)
      : notGranted('the push queue'),
    reapQueue: REAP_QUEUE_URL
      ? new SqsReapQueue(new SQSClient(client), REAP_QUEUE_URL)
      : notGranted('the reap queue'),
    tokenKeys: TOKEN_SECRET_ID
      ? new SecretTokenKeys(new SecretsManagerClient(client), TOKEN_SECRET_ID, systemClock)
      : notGranted('the token key'),
    sockets: SOCKET_CALLBACK_URL
      ? new ApiGatewaySockets(new ApiGatewayManagementApiClient({ ...client, endpoint: SOCKET_CALLBACK_URL }))
      : notGranted('the connections'),
  };
}
