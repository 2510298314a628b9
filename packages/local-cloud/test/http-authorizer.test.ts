import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { authorize } from '../src/http/jwt-authorizer.js';
import { DevelopmentIssuer } from '../src/issuer/development-issuer.js';
import { startLocalCloud } from '../src/local-cloud.js';
import type { LocalCloud } from '../src/local-cloud-options.js';
import { ECHO, eventOf, startHttpApi, stopHttpApi, withToken } from './support/http-api.js';
import { AUDIENCE, aFunction, anHttpApi, writeStack } from './support/stack.js';

let cloud: LocalCloud;
let token: string;
const call = (path: string, init: RequestInit = {}) => fetch(cloud.url + path, init);

beforeAll(async () => {
  cloud = await startHttpApi();
  token = await cloud.token('user-1', 'items/read other');
});
afterAll(() => stopHttpApi(cloud));

describe('JWT authorizer', () => {
  test('claims reach the function as texts, and the scopes that opened the route', async () => {
    const { requestContext } = await eventOf(await call('/scoped', withToken(token)));
    const { claims, scopes } = requestContext.authorizer.jwt;
    expect(scopes).toEqual(['items/read']);
    expect(claims).toMatchObject({
      iss: cloud.issuer,
      aud: AUDIENCE,
      client_id: AUDIENCE,
      sub: 'user-1',
      scope: 'items/read other',
      token_use: 'access',
    });
    expect(Number(claims.exp) - Number(claims.iat)).toBe(3600);
    expect(typeof claims.exp).toBe('string');
  });

  test('a route without scopes takes any valid token', async () => {
    const { requestContext } = await eventOf(await call('/secure', withToken(token)));
    expect(requestContext.authorizer.jwt.scopes).toBeNull();
  });

  test('a missing scope is answered with 403', async () => {
    const response = await call('/scoped', withToken(await cloud.token('someone', 'items/write')));
    expect([response.status, await response.json()]).toEqual([403, { message: 'Forbidden' }]);
  });

  test('a missing token is answered with 401 and the expected kind', async () => {
    const response = await call('/secure');
    expect([response.status, await response.json()]).toEqual([401, { message: 'Unauthorized' }]);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
  });

  describe('401 for a token', () => {
    /** A token with these differences, signed by another key. */
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
        'signed by HS256 with the public key of the issuer',
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
      const response = await call('/secure', withToken(await make()));
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toMatch(/^Bearer .*error="invalid_token"/);
    });
  });

  describe('signed by the key of the issuer', () => {
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
      ['the client replaces an absent audience', { aud: undefined, client_id: AUDIENCE }, 200],
      ['the client does not replace another audience', { aud: 'another', client_id: AUDIENCE }, 401],
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
    const response = await ask('{"sub":"user-2","scope":"items/admin"}');
    const answer = await response.json();
    expect(answer).toEqual({ access_token: expect.any(String), token_type: 'Bearer', expires_in: 3600 });
    expect((await call('/scoped', withToken(answer.access_token))).status).toBe(200);
  });

  test.each([
    ['not JSON', 'the body must be JSON like {"sub":"user-1","scope":"orders/read"}'],
    ['{"sub":""}', 'sub: Too small: expected string to have >=1 characters'],
    ['{"sub":"a","scope":"b","admin":true}', 'admin is not supported'],
  ])('answers 400 to %s and says why', async (body, fault) => {
    const response = await ask(body);
    const { error, faults } = await response.json();
    expect([response.status, error]).toEqual([400, 'invalid_request']);
    expect(faults).toContain(fault);
  });

  test('publishes its configuration and its keys', async () => {
    const configuration = await (await fetch(`${cloud.issuer}/.well-known/openid-configuration`)).json();
    expect(configuration.issuer).toBe(cloud.issuer);
    const { keys } = await (await fetch(configuration.jwks_uri)).json();
    expect(keys).toEqual([
      { kty: 'RSA', alg: 'RS256', use: 'sig', kid: expect.any(String), n: expect.any(String), e: 'AQAB' },
    ]);
  });
});

test('an issuer other than Cognito is replaced too, and the log says so', async () => {
  const resources = anHttpApi({ 'GET /secure': { functionId: 'Echo' } });
  const JwtConfiguration = { Audience: ['a'], Issuer: 'https://issuer.example' };
  resources.Jwt = {
    Type: 'AWS::ApiGatewayV2::Authorizer',
    Properties: { ...resources.Jwt?.Properties, JwtConfiguration },
  };
  const outDir = writeStack({ resources: { ...resources, Echo: aFunction('Echo') }, code: { Echo: ECHO } });
  const logged: string[] = [];
  const other = await startLocalCloud({ port: 0, outDir, log: (line) => logged.push(line) });
  const response = await fetch(`${other.url}/secure`, withToken(await other.token('me', '')));
  await other.stop();
  expect(response.status).toBe(200);
  expect(logged).toEqual([
    `The template trusts the issuer https://issuer.example; the local cloud uses ${other.issuer} instead.`,
  ]);
});
