import { schedulePurge } from '../../core/lifecycle/schedule-purge.js';
import { fanOut } from '../../core/push/fan-out.js';
import { readConfig } from '../runtime/aws/config.js';
import { openCore, purgeQueue, pushQueue, tables } from '../runtime/aws/open-core.js';
import { streamEndpoint } from '../runtime/batch/batch-endpoints.js';
import { entryIn } from '../runtime/observability/log-record.js';

const config = readConfig(['REGISTRY_TABLE', 'PUSH_QUEUE_URL', 'PURGE_QUEUE_URL']);
const core = openCore(tables(config), pushQueue(config), purgeQueue(config));

/** Handles entries that changed elements, as the filter of the event source selects. No device is notified of others. */
export const handler = streamEndpoint(
  (record) => {
    const found = entryIn(record);
    return found && found.item.rows.length > 0 ? found : undefined;
  },
  async (box, commits) => {
    await fanOut(core, box, ...commits);
    await Promise.all(commits.map((commit) => schedulePurge(core, box, commit)));
  },
);
