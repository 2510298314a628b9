import { synchronize } from '../../core/read/synchronize.js';
import { syncRequestSchema } from '../../protocol/sync.js';
import { readConfig } from '../runtime/aws/config.js';
import { openCore, tables, tokenKeys } from '../runtime/aws/open-core.js';
import { ok } from '../runtime/http/answer.js';
import { httpEndpoint } from '../runtime/http/endpoint.js';
import { route } from '../runtime/http/route.js';

const config = readConfig(['STORE_TABLE', 'TIMELINE', 'REGISTRY_TABLE', 'TOKEN_SECRET_ID']);
const core = openCore(tables(config), tokenKeys(config));

export const routes = {
  'POST /v1/sync': route({ scope: 'cpm/sync', body: syncRequestSchema }, async ({ caller, body }) => {
    const { deviceId, instanceId, ...rest } = body;
    return ok(await synchronize(core, { box: caller, deviceId, instanceId }, rest));
  }),
};

export const handler = httpEndpoint(routes);
