import { request } from 'node:http';
import { RouteTable } from '../src/http/route-table.js';
import { startLocalCloud } from '../src/local-cloud.js';
import type { LocalCloud } from '../src/local-cloud-options.js';
import { LocalCloudProblem } from '../src/problem.js';
import { eventOf, startHttpApi, stopHttpApi } from './support/http-api.js';
import { writeStack } from './support/stack.js';

let cloud: LocalCloud;
const call = (path: string, init: RequestInit = {}) => fetch(cloud.url + path, init);

beforeAll(async () => {
  cloud = await startHttpApi();
});
afterAll(() => stopHttpApi(cloud));

describe('events in payload format 2.0', () => {
  test('path, query, headers and cookies', async () => {
    const response = await call('/v1/items/urn%3A%2B15550100?a=1&b=x%20y&a=2', {
      headers: { 'X-Custom': 'Value', cookie: 'one=1; two=2' },
    });
    const event = await eventOf(response);
    expect(event).toMatchObject({
      version: '2.0',
      routeKey: 'GET /v1/items/{itemId}',
      rawQueryString: 'a=1&b=x%20y&a=2',
      queryStringParameters: { a: '1,2', b: 'x y' },
      pathParameters: { itemId: 'urn:+15550100' },
      cookies: ['one=1', 'two=2'],
      headers: { 'x-custom': 'Value' },
      isBase64Encoded: false,
      requestContext: {
        accountId: '000000000000',
        stage: '$default',
        routeKey: 'GET /v1/items/{itemId}',
        http: { method: 'GET', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1' },
      },
    });
    expect(event).not.toHaveProperty('body');
    expect(event.headers).not.toHaveProperty('cookie');
    expect(event.requestContext.requestId).toBe(response.headers.get('apigw-requestid'));
    expect(Math.abs(event.requestContext.timeEpoch - Date.now())).toBeLessThan(5000);
  });

  test('repeated headers are joined with commas', async () => {
    const event = await new Promise<{ headers: Record<string, string> }>((resolve, reject) => {
      const sent = request(`${cloud.url}/v1/items`, (res) => {
        let text = '';
        res.on('data', (chunk) => {
          text += chunk;
        });
        res.on('end', () => resolve(JSON.parse(text).event));
      });
      sent.setHeader('x-many', ['a', 'b']);
      sent.on('error', reject).end();
    });
    expect(event.headers['x-many']).toBe('a,b');
  });

  test.each([
    ['application/json', {}, false],
    ['application/merge-patch+json; charset=utf-8', {}, false],
    ['text/plain', {}, false],
    ['application/octet-stream', {}, true],
    ['application/x-www-form-urlencoded', {}, true],
    ['application/json', { 'content-encoding': 'gzip' }, true],
  ])('a body of %s %j: base64 %s', async (type, headers, isBase64Encoded) => {
    const body = '{"é":1}';
    const event = await eventOf(
      await call('/v1/items', { method: 'POST', body, headers: { 'content-type': type, ...headers } }),
    );
    expect(event.isBase64Encoded).toBe(isBase64Encoded);
    expect(Buffer.from(event.body, isBase64Encoded ? 'base64' : 'utf8').toString()).toBe(body);
  });
});

describe('routes', () => {
  test('static segments win over parameters, and a greedy parameter takes the rest', async () => {
    expect((await call('/v1/items/special')).status).toBe(201);
    const greedy = await eventOf(await call('/files/a/b%20c/d', { method: 'DELETE' }));
    expect([greedy.routeKey, greedy.pathParameters]).toEqual(['ANY /files/{path+}', { path: 'a/b c/d' }]);
  });

  test.each([
    ['GET', '/nowhere'],
    ['DELETE', '/v1/items'],
    ['GET', '/v1/items/'],
    ['GET', '/v1/items/a/b'],
    ['GET', '/demo'],
  ])('%s %s is not found', async (method, path) => {
    const response = await call(path, { method });
    expect([response.status, await response.json()]).toEqual([404, { message: 'Not Found' }]);
  });

  test('a named method wins over ANY, and $default takes all other requests', () => {
    const table = new RouteTable<string>();
    for (const key of ['ANY /a/{b}', 'GET /a/{b}', 'GET /{c}/d', '$default']) table.add(key, key);
    const found = (method: string, path: string) => table.find(method, path)?.target;
    expect([found('GET', '/a/x'), found('PUT', '/a/x'), found('GET', '/a/d'), found('PUT', '/z')]).toEqual([
      'GET /a/{b}',
      'ANY /a/{b}',
      'GET /a/{b}',
      '$default',
    ]);
  });
});

describe('answers', () => {
  test('status, headers, cookies and body of the function', async () => {
    const response = await call('/v1/items/special');
    expect([response.status, response.headers.get('x-count'), await response.text()]).toEqual([
      201,
      '3',
      'hello',
    ]);
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(response.headers.get('content-type')).toBe('text/plain;charset=UTF-8');
  });

  test('a result without a status is the body', async () => {
    const bare = await call('/v1/items/special?how=bare');
    expect([bare.status, bare.headers.get('content-type'), await bare.json()]).toEqual([
      200,
      'application/json',
      { plain: true },
    ]);
    expect(await (await call('/v1/items/special?how=text')).text()).toBe('just text');
  });

  test('base64 is decoded', async () => {
    const response = await call('/v1/items/special?how=binary');
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([0, 255]);
  });

  test.each(['throw', 'nonsense'])('a function that fails (%s) is a 500', async (how) => {
    const response = await call(`/v1/items/special?how=${how}`);
    expect([response.status, await response.json()]).toEqual([500, { message: 'Internal Server Error' }]);
  });

  test('a function that takes longer than its integration is a 503', async () => {
    const response = await call('/v1/items/special?how=slow');
    expect([response.status, await response.json()]).toEqual([503, { message: 'Service Unavailable' }]);
  });

  test.each([7, 11])('a body of %i MB is too large', async (megabytes) => {
    const body = 'x'.repeat(megabytes * 1024 * 1024);
    const response = await call('/v1/items', {
      method: 'POST',
      body,
      headers: { 'content-type': 'text/plain' },
    });
    expect([response.status, await response.json()]).toEqual([413, { message: 'Request Entity Too Large' }]);
  });
});

describe('/dev/invoke', () => {
  const invoke = (name: string, body: string, headers = { 'content-type': 'application/json' }) =>
    call(`/dev/invoke/${name}`, { method: 'POST', body, headers });

  test('invokes the function with the event and answers its result', async () => {
    const response = await invoke('Echo', '{"a":1}');
    expect([response.status, await response.json()]).toEqual([200, { event: { a: 1 } }]);
  });

  test('answers the error of the function', async () => {
    const response = await invoke('Speak', '{"queryStringParameters":{"how":"throw"}}');
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ errorType: 'Error', errorMessage: 'no' });
  });

  test.each([
    ['an unknown function', invokeNobody, 404, 'There is no function Nobody; there are: '],
    ['an event that is not JSON', () => invoke('Echo', '{'), 400, 'the event must be JSON'],
    [
      'an event that a web page may send without a preflight',
      () => invoke('Echo', '{}', { 'content-type': 'text/plain' }),
      415,
      'the Content-Type must be application/json',
    ],
  ])('rejects %s', async (_, send, status, message) => {
    const response = await send();
    expect([response.status, (await response.json()).message]).toEqual([
      status,
      expect.stringContaining(message),
    ]);
  });

  function invokeNobody() {
    return invoke('Nobody', '{}');
  }
});

describe('CORS', () => {
  const preflight = (origin: string) =>
    call('/secure', { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'GET' } });

  test('a preflight is answered without a token and without a function', async () => {
    const response = await preflight('https://app.example');
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([
      204,
      'https://app.example',
    ]);
    expect(response.headers.get('access-control-allow-headers')).toBe('authorization');
    expect(
      (await preflight('https://elsewhere.example')).headers.get('access-control-allow-origin'),
    ).toBeNull();
  });

  test('a page may request a development token too', async () => {
    const headers = { origin: 'https://app.example', 'content-type': 'application/json' };
    const response = await call('/dev/token', {
      method: 'POST',
      headers,
      body: '{"sub":"me","scope":"items/read"}',
    });
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([
      200,
      'https://app.example',
    ]);
  });

  test('its headers replace those of the function', async () => {
    const from = (origin: string) => call('/v1/items/special', { headers: { origin } });
    expect((await from('https://app.example')).headers.get('access-control-allow-origin')).toBe(
      'https://app.example',
    );
    expect((await from('https://elsewhere.example')).headers.get('access-control-allow-origin')).toBeNull();
  });
});

test('the error names a port that is taken, and what to do', async () => {
  const port = Number(new URL(cloud.url).port);
  await expect(startLocalCloud({ port, outDir: writeStack({ resources: {} }) })).rejects.toEqual(
    new LocalCloudProblem(`Port ${port} is taken: choose another with --port N or the variable PORT`),
  );
});
