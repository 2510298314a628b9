import { historyOf } from '../../core/read/history-of.js';
import { historyQuerySchema } from '../../protocol/history-query.js';
import { readConfig } from '../runtime/aws/config.js';
import { openCore, tables } from '../runtime/aws/open-core.js';
import { httpEndpoint } from '../runtime/http/endpoint.js';
import { ok } from '../runtime/http/http-response.js';
import { routesOf } from '../runtime/http/route.js';

const core = openCore(tables(readConfig(['STORE_TABLE', 'TIMELINE', 'REGISTRY_TABLE'])));

export const routes = routesOf<'history'>({
  'GET /v1/conversations/{conversationId}/messages': {
    query: historyQuerySchema,
    respond: async ({ caller, path: { conversationId }, query }) =>
      ok(await historyOf(core, caller, conversationId, query)),
  },
});

export const handler = httpEndpoint(routes);
