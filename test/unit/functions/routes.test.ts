import type { Route } from '../../../functions/runtime/http/route.js';
import { ROUTE_SCHEMAS, type RouteSchemas } from '../../../protocol/route-schemas.js';
import { type HttpFunctionName, ROUTES, type RouteKey } from '../../../protocol/routes.js';

const HANDLERS: Readonly<
  Record<HttpFunctionName, () => Promise<{ routes: Readonly<Record<string, Route>> }>>
> = {
  sync: () => import('../../../functions/sync/handler.js'),
  devices: () => import('../../../functions/devices/handler.js'),
  history: () => import('../../../functions/history/handler.js'),
  participating: () => import('../../../functions/participating/handler.js'),
  admin: () => import('../../../functions/admin/handler.js'),
};

beforeAll(() => {
  Object.assign(process.env, {
    AWS_REGION: 'eu-central-1',
    STORE_TABLE: 'store',
    REGISTRY_TABLE: 'registry',
    TIMELINE: '0',
    TOKEN_SECRET_ID: 'key',
    ERASE_QUEUE_URL: 'https://example.com/erase',
    SOCKET_CALLBACK_URL: 'https://example.com/v1',
    SOCKET_URL: 'wss://example.com/v1',
  });
});

test.each(Object.keys(HANDLERS) as HttpFunctionName[])(
  'the function %s answers its routes of the table, each with its scope and its schemas',
  async (name) => {
    const { routes } = await HANDLERS[name]();
    const keys = (Object.keys(ROUTES) as RouteKey[]).filter((key) => ROUTES[key].function === name);
    expect(Object.keys(routes).sort()).toEqual(keys.sort());
    for (const key of keys) {
      const { query, request }: RouteSchemas = ROUTE_SCHEMAS[key];
      const handled = routes[key];
      expect(handled?.scope).toBe(ROUTES[key].scope);
      expect(handled?.query === query).toBe(true);
      expect(handled?.body === request).toBe(true);
    }
  },
);
