import { reap } from '../../core/reap/reap.js';
import { readConfig } from '../runtime/config.js';
import { openCore } from '../runtime/open-core.js';
import { reapMessageSchema } from '../runtime/reap-queue.js';
import { queueEndpoint } from '../runtime/records.js';

const core = openCore(readConfig(['STORE_TABLE', 'REAP_QUEUE_URL']));

export const handler = queueEndpoint(reapMessageSchema, (message) => reap(core, message));
