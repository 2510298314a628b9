import { notify } from '../../core/push/notify.js';
import { readConfig } from '../runtime/aws/config.js';
import { connections, openCore, pushBackoff, tables } from '../runtime/aws/open-core.js';
import { pushMessageSchema } from '../runtime/aws/queue-messages.js';
import { queueEndpoint } from '../runtime/batch/batch-endpoints.js';

const config = readConfig([
  'STORE_TABLE',
  'TIMELINE',
  'REGISTRY_TABLE',
  'PUSH_QUEUE_URL',
  'SOCKET_CALLBACK_URL',
]);
const core = openCore(tables(config), connections(config));

export const handler = queueEndpoint(
  pushMessageSchema,
  (message) => notify(core, message),
  pushBackoff(config),
);
