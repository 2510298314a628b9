import { historyOf } from '../../core/read/history-of.js';
import { historyQuerySchema } from '../../protocol/history-query.js';
import { conversationIdSchema } from '../../protocol/ids.js';
import { readConfig } from '../runtime/aws/config.js';
import { openCore, tables } from '../runtime/aws/open-core.js';
import { ok } from '../runtime/http/answer.js';
import { httpEndpoint } from '../runtime/http/endpoint.js';
import { route } from '../runtime/http/route.js';

const core = openCore(tables(readConfig(['STORE_TABLE', 'TIMELINE', 'REGISTRY_TABLE'])));

export const routes = {
  'GET /v1/conversations/{conversationId}/messages': route(
    { scope: 'cpm/sync', path: { conversationId: conversationIdSchema }, query: historyQuerySchema },
    async ({ caller, path: { conversationId }, query }) =>
      ok(await historyOf(core, caller, conversationId, query)),
  ),
};

export const handler = httpEndpoint(routes);
