import { reap } from '../../core/lifecycle/purge.js';
import { readConfig } from '../runtime/config.js';
import { openCore, reapQueue, tables } from '../runtime/open-core.js';
import { reapMessageSchema } from '../runtime/reap-queue.js';
import { queueEndpoint } from '../runtime/records.js';

const config = readConfig(['STORE_TABLE', 'REAP_QUEUE_URL']);
const core = openCore(tables(config), reapQueue(config));

export const handler = queueEndpoint(reapMessageSchema, (message) => reap(core, message));
