import { erase } from '../../core/lifecycle/erase.js';
import { readConfig } from '../runtime/aws/config.js';
import { connections, eraseQueue, openCore, tables } from '../runtime/aws/open-core.js';
import { eraseMessageSchema } from '../runtime/aws/queue-messages.js';
import { queueEndpoint } from '../runtime/batch/batch-endpoints.js';

const config = readConfig([
  'STORE_TABLE',
  'TIMELINE',
  'REGISTRY_TABLE',
  'ERASE_QUEUE_URL',
  'ERASE_SETTLE_SECONDS',
  'SOCKET_CALLBACK_URL',
]);
const core = openCore(tables(config), eraseQueue(config), connections(config));

export const handler = queueEndpoint(eraseMessageSchema, (message) =>
  erase(core, message, config.ERASE_SETTLE_SECONDS),
);
