import { notify } from '../../core/push/notify.js';
import { readConfig } from '../runtime/aws/config.js';
import { openCore, pushBackoff, sockets, tables } from '../runtime/aws/open-core.js';
import { pushMessageSchema } from '../runtime/aws/push-queue.js';
import { queueEndpoint } from '../runtime/batch/records.js';

const config = readConfig([
  'STORE_TABLE',
  'TIMELINE',
  'REGISTRY_TABLE',
  'PUSH_QUEUE_URL',
  'SOCKET_CALLBACK_URL',
]);
const core = openCore(tables(config), sockets(config));

export const handler = queueEndpoint(
  pushMessageSchema,
  (message) => notify(core, message),
  pushBackoff(config),
);
