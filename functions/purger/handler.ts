import { purge } from '../../core/lifecycle/purge.js';
import { readConfig } from '../runtime/config.js';
import { openCore, purgeQueue, tables } from '../runtime/open-core.js';
import { purgeMessageSchema } from '../runtime/purge-queue.js';
import { queueEndpoint } from '../runtime/records.js';

const config = readConfig(['STORE_TABLE', 'TIMELINE', 'REGISTRY_TABLE', 'PURGE_QUEUE_URL']);
const core = openCore(tables(config), purgeQueue(config));

export const handler = queueEndpoint(purgeMessageSchema, (message) => purge(core, message));
