import { brotliDecompressSync } from 'node:zlib';
import * as z from 'zod/mini';
import { SyncProblem } from '../../../core/model/sync-problem.js';
import { httpEndpoint } from '../../../functions/runtime/http/endpoint.js';
import { created, type HttpResponse, noContent, ok } from '../../../functions/runtime/http/http-response.js';
import { route } from '../../../functions/runtime/http/route.js';
import { deviceIdSchema } from '../../../protocol/ids.js';
import { capturedLog } from './captured-log.js';
import { context, type HttpEventParts, httpEvent, REQUEST_ID, USER } from './gateway-events.js';

const log = capturedLog();
const thing = z.strictObject({ name: z.string(), size: z.int() });
const scope = 'cpm/sync';

const never = () => new Promise<never>(() => {});
const throwing = (error: unknown) =>
  route({ scope }, async () => {
    throw error;
  });

const handler = httpEndpoint({
  'POST /v1/things': route({ scope, body: thing }, async ({ caller, body }) => created({ caller, ...body })),
  'GET /v1/things/{deviceId}': route({ scope, path: { deviceId: deviceIdSchema } }, async ({ path }) =>
    ok(path),
  ),
  'GET /v1/pairs/{one}/{two}': route(
    { scope, path: { one: deviceIdSchema, two: deviceIdSchema } },
    async ({ path }) => ok(path),
  ),
  'DELETE /v1/things': route({ scope }, async () => noContent()),
  'GET /v1/large': route({ scope }, async () => ok({ text: 'x'.repeat(5000) })),
  'GET /v1/gap': throwing(new SyncProblem('operation-gap', { expectedN: 41 })),
  'GET /v1/busy': throwing(new SyncProblem('busy', { detail: 'contended', retryAfterSeconds: 2.4 })),
  'GET /v1/throttled': throwing(Object.assign(new Error('slow down'), { name: 'ThrottlingException' })),
  'GET /v1/defect': throwing(new Error('tel:+15550199 is in the way', { cause: new Error('deeper reason') })),
  'GET /v1/slow': route({ scope }, never),
});

const answerTo = async (parts: HttpEventParts = {}, remainingMs?: number): Promise<HttpResponse> =>
  handler(httpEvent(parts), context(remainingMs));
const bodyOf = (answer: HttpResponse) => JSON.parse(answer.body ?? '');

test('a request as the route asks gets its answer, with the request id', async () => {
  const answer = await answerTo({ body: '{"name":"a","size":1}' });
  expect(answer.statusCode).toBe(201);
  expect(bodyOf(answer)).toEqual({ caller: USER, name: 'a', size: 1 });
  expect(answer.headers).toEqual({
    'content-type': 'application/json',
    vary: 'Accept-Encoding',
    'x-request-id': REQUEST_ID,
  });
});

test('[ER2] all faults of a body are told at once, each with its pointer', async () => {
  const answer = await answerTo({ body: '{"size":"big","colour/kind":1}' });
  expect(answer.statusCode).toBe(400);
  expect(answer.headers).toMatchObject({
    'content-type': 'application/problem+json',
    'x-request-id': REQUEST_ID,
  });
  expect(bodyOf(answer)).toEqual({
    type: '/problems/invalid-request',
    title: expect.any(String),
    status: 400,
    detail: expect.any(String),
    requestId: REQUEST_ID,
    errors: expect.arrayContaining([
      { pointer: '/name', detail: 'is missing' },
      { pointer: '/size', detail: expect.any(String) },
      { pointer: '/colour~1kind', detail: 'is not a known member' },
    ]),
  });
});

test.each([
  [{ body: '{' }, 400, 'invalid-json'],
  [{ body: '{}', headers: { 'content-type': 'text/plain' } }, 415, 'unsupported-media-type'],
  [{ body: `"${'x'.repeat(1_048_576)}"` }, 413, 'too-large'],
  [{ claims: { sub: USER, scope: 'openid cpm/admin' } }, 403, 'insufficient-scope'],
  [{ claims: { sub: USER } }, 403, 'insufficient-scope'],
  [{ claims: { sub: USER, scope: 'cpm/syncing' } }, 403, 'insufficient-scope'],
  [{ claims: { scope: 'cpm/sync' } }, 401, 'unauthorized'],
  [{ claims: { sub: 'x'.repeat(129), scope: 'cpm/sync' } }, 401, 'unauthorized'],
  [{ body: '{"name":"a"}' }, 400, 'invalid-request'],
  [{ routeKey: 'GET /v1/unknown' }, 404, 'not-found'],
  [{ routeKey: 'toString' }, 404, 'not-found'],
])('[ER5, ER6, ER7, ER8, ER10, ER11, ER12] case %#: answered %i %s', async (parts, status, kind) => {
  const answer = await answerTo(parts);
  expect(answer.statusCode).toBe(status);
  expect(bodyOf(answer)).toMatchObject({ type: `/problems/${kind}`, status, requestId: REQUEST_ID });
  expect(answer.headers['x-request-id']).toBe(REQUEST_ID);
});

test('[TR4] a part of the path is taken as API Gateway has decoded it', async () => {
  const pathParameters = { deviceId: '100%25 mine' };
  const answer = await answerTo({ routeKey: 'GET /v1/things/{deviceId}', pathParameters });
  expect(bodyOf(answer)).toEqual({ deviceId: '100%25 mine' });
});

test('[ER5] the faulty parts of the path are named, all at once', async () => {
  const pathParameters = { deviceId: 'x'.repeat(129) };
  const answer = await answerTo({ routeKey: 'GET /v1/things/{deviceId}', pathParameters });
  expect(bodyOf(answer)).toMatchObject({
    status: 400,
    detail: 'deviceId in the path must have at most 128 bytes',
  });
  const both = await answerTo({ routeKey: 'GET /v1/pairs/{one}/{two}', pathParameters: { one: 'a\u0007' } });
  expect(bodyOf(both).detail).toBe(
    'one in the path must not contain a control character, two in the path is missing',
  );
});

test('[TR5] a parameter of the query that the route does not know is refused', async () => {
  const answer = await answerTo({ routeKey: 'GET /v1/large', queryStringParameters: { colour: 'red' } });
  expect(bodyOf(answer)).toMatchObject({
    status: 400,
    errors: [{ pointer: '/colour', detail: 'is not a known member' }],
  });
});

test('an answer without body has the request id and nothing else', async () => {
  expect(await answerTo({ routeKey: 'DELETE /v1/things' })).toEqual({
    statusCode: 204,
    headers: { 'x-request-id': REQUEST_ID },
  });
});

test('a large answer is compressed for who accepts it', async () => {
  const answer = await answerTo({ routeKey: 'GET /v1/large', headers: { 'accept-encoding': 'gzip, br' } });
  expect(answer.headers['content-encoding']).toBe('br');
  const text = brotliDecompressSync(Buffer.from(answer.body ?? '', 'base64')).toString();
  expect(JSON.parse(text).text).toHaveLength(5000);
});

test('a problem of the core keeps what the client needs of it', async () => {
  expect(bodyOf(await answerTo({ routeKey: 'GET /v1/gap' }))).toMatchObject({ status: 409, expectedN: 41 });
  const busy = await answerTo({ routeKey: 'GET /v1/busy' });
  expect([busy.statusCode, busy.headers['retry-after']]).toEqual([503, '3']);
});

test('[ER19] a throttled database is unavailable for a while', async () => {
  const answer = await answerTo({ routeKey: 'GET /v1/throttled' });
  expect(bodyOf(answer)).toMatchObject({ type: '/problems/unavailable', status: 503 });
  expect(answer.headers['retry-after']).toBe('1');
});

test('[ER20, ER3] any other error is internal: logged with its causes, answered without', async () => {
  const answer = await answerTo({ routeKey: 'GET /v1/defect' });
  expect(bodyOf(answer)).toEqual({
    type: '/problems/internal',
    title: expect.any(String),
    status: 500,
    detail: expect.not.stringContaining('reason'),
    requestId: REQUEST_ID,
  });
  const line = log.lines().find(({ message }) => message === 'internal');
  expect(JSON.stringify(line)).toContain('deeper reason');
});

test('[ER19] before Lambda would end it, a request that takes too long is answered unavailable', async () => {
  const answer = await answerTo({ routeKey: 'GET /v1/slow' }, 520);
  expect(bodyOf(answer)).toMatchObject({ type: '/problems/unavailable', status: 503 });
});

test('[TR3] every line of a request carries its id and no user id', async () => {
  await answerTo({ body: '{' });
  await answerTo({ body: '{"name":"a","size":1}' });
  expect(log.lines().length).toBeGreaterThanOrEqual(3);
  for (const line of log.lines()) expect(line.requestId).toBe(REQUEST_ID);
  expect(log.text()).not.toContain(USER);
});

test('the lines of a request name its box and its device by their tags', async () => {
  await handler(
    httpEvent({ routeKey: 'GET /v1/things/{deviceId}', pathParameters: { deviceId: 'urn:imei:35' } }),
    context(),
  );
  expect(log.lines()).toEqual([
    expect.objectContaining({ message: 'answered', caller: 'b2619dadf7e6', device: 'f71771201f69' }),
  ]);
  expect(log.text()).not.toMatch(/15550100|imei/);
});
