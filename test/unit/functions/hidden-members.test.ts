import { httpEndpoint } from '../../../functions/runtime/http/endpoint.js';
import { ok } from '../../../functions/runtime/http/http-response.js';
import { route } from '../../../functions/runtime/http/route.js';
import { validateRequest } from '../../../functions/runtime/http/validate-request.js';
import { frameEndpoint } from '../../../functions/runtime/websocket/socket-endpoint.js';
import { syncFrameSchema } from '../../../protocol/frames.js';
import { historyQuerySchema } from '../../../protocol/history-query.js';
import { policyIdSchema } from '../../../protocol/ids.js';
import { policySchema } from '../../../protocol/policy.js';
import { syncBodySchema } from '../../../protocol/sync.js';
import { capturedLog } from './captured-log.js';
import { context, httpEvent, socketEvent } from './gateway-events.js';

capturedLog();
const scope = 'cpm/sync';
const handler = httpEndpoint({
  'PUT /v1/policies/{policyId}': route(
    { scope, path: { policyId: policyIdSchema }, body: policySchema },
    async ({ path, body }) => ok({ path, body }),
  ),
  'POST /v1/sync': route({ scope, body: syncBodySchema }, async ({ body }) => ok(body)),
  'GET /v1/history': route({ scope, query: historyQuerySchema }, async ({ query }) => ok(query)),
});

const answerTo = async (parts: Parameters<typeof httpEvent>[0]) => {
  const { statusCode, body = '' } = await handler(httpEvent(parts), context());
  return { status: statusCode, ...JSON.parse(body) };
};
const put = (body: string) =>
  answerTo({ routeKey: 'PUT /v1/policies/{policyId}', pathParameters: { policyId: 'p' }, body });
const sync = (operation: string) =>
  answerTo({ routeKey: 'POST /v1/sync', body: `{"operations":[${operation}]}` });

const refusedAt = (...pointers: string[]) => ({
  type: '/problems/invalid-request',
  status: 400,
  errors: pointers.map((pointer) => ({ pointer, detail: expect.any(String) })),
});
const notKnown = (pointer: string) => ({ pointer, detail: 'is not a known member' });

describe('[TR5] a member __proto__ is one that this protocol does not know', () => {
  test.each([
    ['{"__proto__":5}', '/__proto__'],
    ['{"\\u005f_proto__":null}', '/__proto__'],
    ['{"maxMessageAgeDays":{"__proto__":5}}', '/maxMessageAgeDays/__proto__'],
  ])('in a body: %s', async (body, pointer) => {
    expect(await put(body)).toMatchObject({ ...refusedAt(pointer), errors: [notKnown(pointer)] });
  });

  test.each([
    ['{"n":1,"__proto__":{}}', '/operations/0/__proto__'],
    ['{"n":1,"data":{"groupState":{"__proto__":{"a":1}}}}', '/operations/0/data/groupState/__proto__'],
    ['{"n":1,"data":{"to":[{"__proto__":[]}]}}', '/operations/0/data/to/0/__proto__'],
  ])('in an operation: %s', async (operation, pointer) => {
    expect(await sync(operation)).toMatchObject(refusedAt(pointer));
  });

  test('and is told with all that is wrong beside it', async () => {
    const { errors } = await put('{"__proto__":{"__proto__":1},"maxDevices":0,"colour":1}');
    expect(errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
      '/__proto__',
      '/__proto__/__proto__',
      '/colour',
      '/maxDevices',
    ]);
  });

  test('told as often as there is room, below a name that is long', async () => {
    const { errors } = await put(
      `{"${'x'.repeat(60_000)}":[${Array(50_000).fill('{"__proto__":0}').join()}]}`,
    );
    expect(errors).toHaveLength(3); // the long name itself is not known either
  });

  test('in a query', async () => {
    const queryStringParameters = JSON.parse('{"deviceId":"d1","__proto__":"1"}');
    expect(await answerTo({ routeKey: 'GET /v1/history', queryStringParameters })).toMatchObject(
      refusedAt('/__proto__'),
    );
  });

  test('in a frame, with all that is wrong beside it', async () => {
    const handler = frameEndpoint(async ({ frame }) => {
      validateRequest(syncFrameSchema, frame);
      return { type: 'pong' };
    });
    const frame = '{"action":"sync","limit":0,"operations":[{"n":1,"__proto__":1}]}';
    const { body = '' } = await handler(socketEvent(frame), context());
    expect(JSON.parse(body)).toMatchObject({
      type: 'error',
      problem: refusedAt('/operations/0/__proto__', '/limit'),
    });
  });
});

test('an id, or a text, may be __proto__', async () => {
  const policyId = '__proto__';
  const parts = { routeKey: 'PUT /v1/policies/{policyId}', pathParameters: { policyId }, body: '{}' };
  expect(await answerTo(parts)).toMatchObject({ status: 200, path: { policyId } });
  expect(await sync('{"n":1,"id":"__proto__"}')).toMatchObject({ status: 200 });
});
