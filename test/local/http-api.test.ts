import { request } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { authorize } from '../../local/http/jwt-authorizer.js';
import { RouteTable } from '../../local/http/route-table.js';
import { DevelopmentIssuer } from '../../local/issuer/development-issuer.js';
import { startLocalCloud } from '../../local/local-cloud.js';
import type { LocalCloud } from '../../local/local-cloud-options.js';
import { LocalCloudProblem } from '../../local/problem.js';
import { AUDIENCE, aFunction, anHttpApi, removeFolders, writeStack } from '../support/local-stack.js';

const ECHO = 'export const handler = async (event) => ({ event });';
const SPEAK = `export const handler = async (event) => {
  const { how } = event.queryStringParameters ?? {};
  if (how === 'throw') throw new Error('no');
  if (how === 'bare') return { plain: true };
  if (how === 'text') return 'just text';
  if (how === 'nonsense') return { statusCode: 'teapot' };
  if (how === 'binary') return { statusCode: 200, body: Buffer.from([0, 255]).toString('base64'), isBase64Encoded: true,
    headers: { 'Content-Type': 'application/octet-stream' } };
  if (how === 'slow') await new Promise((resolve) => setTimeout(resolve, 2000));
  return { statusCode: 201, headers: { 'X-Count': 3, 'Access-Control-Allow-Origin': 'https://of.function' },
    cookies: ['a=1', 'b=2'], body: 'hello' };
};`;

let cloud: LocalCloud;
let token: string;
const call = (path: string, init: RequestInit = {}) => fetch(cloud.url + path, init);
const as = (bearer: string) => ({ headers: { authorization: `Bearer ${bearer}` } });
// biome-ignore lint/suspicious/noExplicitAny: the events of the echo function are looked into freely
const eventOf = async (response: Response): Promise<any> => (await response.json()).event;

beforeAll(async () => {
  const resources = {
    Echo: aFunction('Echo'),
    Speak: aFunction('Speak'),
    ...anHttpApi(
      {
        'GET /v1/items': { functionId: 'Echo', open: true },
        'POST /v1/items': { functionId: 'Echo', open: true },
        'GET /v1/items/{itemId}': { functionId: 'Echo', open: true },
        'GET /v1/items/special': { functionId: 'Speak', open: true, timeoutMs: 1000 },
        'ANY /files/{path+}': { functionId: 'Echo', open: true },
        'GET /secure': { functionId: 'Echo' },
        'GET /scoped': { functionId: 'Echo', scopes: ['cpm/sync', 'cpm/admin'] },
      },
      {
        CorsConfiguration: {
          AllowOrigins: ['https://app.example'],
          AllowMethods: ['GET'],
          AllowHeaders: ['authorization'],
          MaxAge: 60,
        },
      },
    ),
  };
  cloud = await startLocalCloud({
    port: 0,
    outDir: writeStack({ resources, code: { Echo: ECHO, Speak: SPEAK } }),
  });
  token = await cloud.token('tel:+15550100', 'cpm/sync other');
});
afterAll(async () => {
  await cloud.stop();
  removeFolders();
});

describe('events in payload format 2.0', () => {
  test('path, query, headers and cookies', async () => {
    const response = await call('/v1/items/tel%3A%2B15550100?a=1&b=x%20y&a=2', {
      headers: { 'X-Custom': 'Value', cookie: 'one=1; two=2' },
    });
    const event = await eventOf(response);
    expect(event).toMatchObject({
      version: '2.0',
      routeKey: 'GET /v1/items/{itemId}',
      rawQueryString: 'a=1&b=x%20y&a=2',
      queryStringParameters: { a: '1,2', b: 'x y' },
      pathParameters: { itemId: 'tel:+15550100' },
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
  test('static segments win over parameters, and a greedy one takes the rest', async () => {
    expect((await call('/v1/items/special')).status).toBe(201);
    const greedy = await eventOf(await call('/files/a/b%20c/d', { method: 'DELETE' }));
    expect([greedy.routeKey, greedy.pathParameters]).toEqual(['ANY /files/{path+}', { path: 'a/b c/d' }]);
  });

  test.each([
    ['GET', '/nowhere'],
    ['DELETE', '/v1/items'],
    ['GET', '/v1/items/'],
    ['GET', '/v1/items/a/b'],
    ['GET', '/'],
  ])('%s %s is not found', async (method, path) => {
    const response = await call(path, { method });
    expect([response.status, await response.json()]).toEqual([404, { message: 'Not Found' }]);
  });

  test('a method of its own wins over ANY, and $default takes what nothing else does', () => {
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

  test('what has no status is the body', async () => {
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

describe('JWT authorizer', () => {
  test('claims reach the function as texts, and the scopes that opened the route', async () => {
    const { requestContext } = await eventOf(await call('/scoped', as(token)));
    const { claims, scopes } = requestContext.authorizer.jwt;
    expect(scopes).toEqual(['cpm/sync']);
    expect(claims).toMatchObject({
      iss: cloud.issuer,
      aud: AUDIENCE,
      client_id: AUDIENCE,
      sub: 'tel:+15550100',
      scope: 'cpm/sync other',
      token_use: 'access',
    });
    expect(Number(claims.exp) - Number(claims.iat)).toBe(3600);
    expect(typeof claims.exp).toBe('string');
  });

  test('a route without scopes takes any valid token', async () => {
    const { requestContext } = await eventOf(await call('/secure', as(token)));
    expect(requestContext.authorizer.jwt.scopes).toBeNull();
  });

  test('a scope that is missing: 403', async () => {
    const response = await call('/scoped', as(await cloud.token('someone', 'cpm/participate')));
    expect([response.status, await response.json()]).toEqual([403, { message: 'Forbidden' }]);
  });

  test('no token: 401, and which kind is wanted', async () => {
    const response = await call('/secure');
    expect([response.status, await response.json()]).toEqual([401, { message: 'Unauthorized' }]);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
  });

  describe('401 for a token', () => {
    /** One that is as it should be but for what is given, signed by another key. */
    const forged = async (header: object = {}) => {
      const { privateKey } = await generateKeyPair('RS256');
      return new SignJWT({})
        .setProtectedHeader({ alg: 'RS256', ...header })
        .setIssuer(cloud.issuer)
        .setAudience(AUDIENCE)
        .setExpirationTime('1h')
        .sign(privateKey);
    };
    const keyOf = async () => (await (await call('/dev/issuer/.well-known/jwks.json')).json()).keys[0];

    test.each<[string, () => string | Promise<string>]>([
      ['that is none', () => 'nonsense'],
      ['that was altered', () => `${token.slice(0, -8)}AAAAAAAA`],
      ['of another key', () => forged()],
      ['of another key under the name of ours', async () => forged({ kid: (await keyOf()).kid })],
      [
        'without signature (alg none)',
        () =>
          new UnsecuredJWT({}).setIssuer(cloud.issuer).setAudience(AUDIENCE).setExpirationTime('1h').encode(),
      ],
      [
        'signed by HS256 with our public key',
        async () => {
          const { kid, n } = await keyOf();
          return new SignJWT({})
            .setProtectedHeader({ alg: 'HS256', kid })
            .setIssuer(cloud.issuer)
            .setAudience(AUDIENCE)
            .setExpirationTime('1h')
            .sign(new TextEncoder().encode(n));
        },
      ],
    ])('%s', async (_what, make) => {
      const response = await call('/secure', as(await make()));
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toMatch(/^Bearer .*error="invalid_token"/);
    });
  });

  describe('by a key of our own', () => {
    const sign = async (claims: object) => {
      const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
      const key = { id: 'k', privateKey, publicKey, publicJwk: await exportJWK(publicKey) };
      const exp = Math.floor(Date.now() / 1000) + 60;
      const signed = await new SignJWT({ iss: 'http://issuer', aud: AUDIENCE, exp, ...claims })
        .setProtectedHeader({ alg: 'RS256', kid: 'k' })
        .sign(privateKey);
      return { issuer: new DevelopmentIssuer('http://issuer', key, AUDIENCE), signed };
    };
    const now = Math.floor(Date.now() / 1000);

    test.each<[string, object, number]>([
      ['all is well', {}, 200],
      ['the issuer is another', { iss: 'http://other' }, 401],
      ['it has expired', { exp: now - 1 }, 401],
      ['it never expires', { exp: undefined }, 401],
      ['it is not valid yet', { nbf: now + 60 }, 401],
      ['the audience is another', { aud: 'another' }, 401],
      ['the audience is among several', { aud: ['another', AUDIENCE] }, 200],
      ['the client stands for an absent audience', { aud: undefined, client_id: AUDIENCE }, 200],
      ['the client does not stand for another audience', { aud: 'another', client_id: AUDIENCE }, 401],
      ['there is neither audience nor client', { aud: undefined }, 401],
    ])('%s', async (_what, claims, status) => {
      const { issuer, signed } = await sign(claims);
      const result = await authorize(issuer, [AUDIENCE], [], `Bearer ${signed}`);
      expect(result.ok ? 200 : result.answer.status).toBe(status);
    });
  });
});

describe('the development issuer', () => {
  const ask = (body: string) => call('/dev/token', { method: 'POST', body });

  test('gives a token for any user and scope', async () => {
    const response = await ask('{"sub":"tel:+15550199","scope":"cpm/admin"}');
    const answer = await response.json();
    expect(answer).toEqual({ access_token: expect.any(String), token_type: 'Bearer', expires_in: 3600 });
    expect((await call('/scoped', as(answer.access_token))).status).toBe(200);
  });

  test.each([
    ['no JSON', 'the body is not JSON; expected {"sub":"tel:+15550100","scope":"cpm/sync"}'],
    ['{"sub":""}', 'sub: Too small: expected string to have >=1 characters'],
    ['{"sub":"a","scope":"b","admin":true}', 'admin is not known'],
  ])('answers 400 to %s and says why', async (body, fault) => {
    const response = await ask(body);
    const { error, faults } = await response.json();
    expect([response.status, error]).toEqual([400, 'invalid_request']);
    expect(faults).toContain(fault);
  });

  test('is found by its configuration', async () => {
    const configuration = await (await fetch(`${cloud.issuer}/.well-known/openid-configuration`)).json();
    expect(configuration.issuer).toBe(cloud.issuer);
    const { keys } = await (await fetch(configuration.jwks_uri)).json();
    expect(keys).toEqual([
      { kty: 'RSA', alg: 'RS256', use: 'sig', kid: expect.any(String), n: expect.any(String), e: 'AQAB' },
    ]);
  });
});

describe('an event sent to a function', () => {
  const invoke = (name: string, body: string, headers = { 'content-type': 'application/json' }) =>
    call(`/dev/invoke/${name}`, { method: 'POST', body, headers });

  test('is given to it, and what it returns is the answer', async () => {
    const response = await invoke('Echo', '{"a":1}');
    expect([response.status, await response.json()]).toEqual([200, { event: { a: 1 } }]);
  });

  test('that makes it throw is answered with what it threw', async () => {
    const response = await invoke('Speak', '{"queryStringParameters":{"how":"throw"}}');
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ errorType: 'Error', errorMessage: 'no' });
  });

  test.each([
    ['of nobody', invokeNobody, 404, 'There is no function Nobody; there are: '],
    ['that is no JSON', () => invoke('Echo', '{'), 400, 'the event is not JSON'],
    [
      'as a web page may send it without asking',
      () => invoke('Echo', '{}', { 'content-type': 'text/plain' }),
      415,
      'the event is sent with Content-Type: application/json',
    ],
  ])('%s is refused with what is wrong', async (_, send, status, message) => {
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

  test('a page may ask for a development token too', async () => {
    const headers = { origin: 'https://app.example', 'content-type': 'application/json' };
    const response = await call('/dev/token', {
      method: 'POST',
      headers,
      body: '{"sub":"me","scope":"cpm/sync"}',
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

test('a port that is taken is told with what to do about it', async () => {
  const port = Number(new URL(cloud.url).port);
  await expect(startLocalCloud({ port, outDir: writeStack({ resources: {} }) })).rejects.toEqual(
    new LocalCloudProblem(`Port ${port} is taken: choose another with --port N or the variable PORT`),
  );
});

test('an issuer that is not of Cognito is replaced too, and that is told', async () => {
  const resources = anHttpApi({ 'GET /secure': { functionId: 'Echo' } });
  const JwtConfiguration = { Audience: ['a'], Issuer: 'https://issuer.example' };
  resources.Jwt = {
    Type: 'AWS::ApiGatewayV2::Authorizer',
    Properties: { ...resources.Jwt?.Properties, JwtConfiguration },
  };
  const outDir = writeStack({ resources: { ...resources, Echo: aFunction('Echo') }, code: { Echo: ECHO } });
  const told: string[] = [];
  const other = await startLocalCloud({ port: 0, outDir, log: (line) => told.push(line) });
  const response = await fetch(`${other.url}/secure`, as(await other.token('me', '')));
  await other.stop();
  expect(response.status).toBe(200);
  expect(told).toEqual([
    `The template trusts the issuer https://issuer.example; here ${other.issuer} stands in its place.`,
  ]);
});
