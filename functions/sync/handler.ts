import { synchronize } from '../../core/read/synchronize.js';
import { syncRequestSchema } from '../../protocol/sync.js';
import { readConfig } from '../runtime/aws/config.js';
import { openCore, tables, tokenKeys } from '../runtime/aws/open-core.js';
import { httpEndpoint } from '../runtime/http/endpoint.js';
import { ok } from '../runtime/http/http-response.js';
import { routesOf } from '../runtime/http/route.js';

const config = readConfig(['STORE_TABLE', 'TIMELINE', 'REGISTRY_TABLE', 'TOKEN_SECRET_ID']);
const core = openCore(tables(config), tokenKeys(config));

export const routes = routesOf<'sync'>({
  'POST /v1/sync': {
    request: syncRequestSchema,
    async respond({ caller, body }) {
      const { deviceId, instanceId, ...rest } = body;
      const holder = { box: caller, deviceId, instanceId };
      return ok(await synchronize(core, holder, rest));
    },
  },
});

export const handler = httpEndpoint(routes);
