import { deposit } from '../../core/write/deposit.js';
import { depositRequestSchema } from '../../protocol/participating.js';
import { readConfig } from '../runtime/aws/config.js';
import { openCore, tables } from '../runtime/aws/open-core.js';
import { httpEndpoint } from '../runtime/http/endpoint.js';
import { ok } from '../runtime/http/http-response.js';
import { routesOf } from '../runtime/http/route.js';

const core = openCore(tables(readConfig(['STORE_TABLE', 'TIMELINE', 'REGISTRY_TABLE'])));

export const routes = routesOf<'participating'>({
  'POST /v1/users/{userId}/operations': {
    request: depositRequestSchema,
    respond: async ({ path: { userId }, body }) => ok(await deposit(core, userId, body.operations)),
  },
});

export const handler = httpEndpoint(routes);
