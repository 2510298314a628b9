import { purge } from '../../core/lifecycle/purge.js';
import { readConfig } from '../runtime/aws/config.js';
import { openCore, purgeQueue, tables } from '../runtime/aws/open-core.js';
import { purgeMessageSchema } from '../runtime/aws/queue-messages.js';
import { queueEndpoint } from '../runtime/batch/batch-endpoints.js';

const config = readConfig(['STORE_TABLE', 'TIMELINE', 'REGISTRY_TABLE', 'PURGE_QUEUE_URL']);
const core = openCore(tables(config), purgeQueue(config));

export const handler = queueEndpoint(purgeMessageSchema, (message) => purge(core, message));
