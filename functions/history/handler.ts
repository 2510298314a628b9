import { httpEndpoint } from '../runtime/endpoint.js';
import { notImplemented } from '../runtime/route.js';

export const routes = {
  'GET /v1/conversations/{conversationId}/messages': notImplemented('cpm/sync', 'History on demand'),
};

export const handler = httpEndpoint(routes);
