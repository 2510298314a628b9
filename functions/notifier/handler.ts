import { notify } from '../../core/push/notify.js';
import { readConfig } from '../runtime/config.js';
import { openCore } from '../runtime/open-core.js';
import { pushMessageSchema } from '../runtime/push-queue.js';
import { queueEndpoint } from '../runtime/records.js';

const core = openCore(readConfig(['STORE_TABLE', 'REGISTRY_TABLE', 'SOCKET_CALLBACK_URL']));

export const handler = queueEndpoint(pushMessageSchema, (message) => notify(core, message));
