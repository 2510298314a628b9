import { historyOf } from '../../core/read/history-of.js';
import { historyQuerySchema } from '../../protocol/history-query.js';
import { conversationIdSchema } from '../../protocol/ids.js';
import { ok } from '../runtime/answer.js';
import { readConfig } from '../runtime/config.js';
import { httpEndpoint } from '../runtime/endpoint.js';
import { openCore, tables } from '../runtime/open-core.js';
import { route } from '../runtime/route.js';

const core = openCore(tables(readConfig(['STORE_TABLE', 'TIMELINE', 'REGISTRY_TABLE'])));

export const routes = {
  'GET /v1/conversations/{conversationId}/messages': route(
    { scope: 'cpm/sync', path: { conversationId: conversationIdSchema }, query: historyQuerySchema },
    async ({ caller, path: { conversationId }, query }) =>
      ok(await historyOf(core, caller, conversationId, query)),
  ),
};

export const handler = httpEndpoint(routes);
