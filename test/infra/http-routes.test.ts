import { idsIn, OWN_ISSUER, resource, resourcesOf, templateOf } from './stack.js';

const template = templateOf();

/** protocol.md sections 1, 4, 5, 7, 8: route, scope, and the function behind it. */
const ROUTES: [route: string, scope: string, functionId: string][] = [
  ['POST /v1/sync', 'cpm/sync', 'SyncFunction'],
  ['GET /v1/devices', 'cpm/sync', 'DevicesFunction'],
  ['GET /v1/devices/{deviceId}', 'cpm/sync', 'DevicesFunction'],
  ['PUT /v1/devices/{deviceId}', 'cpm/sync', 'DevicesFunction'],
  ['DELETE /v1/devices/{deviceId}', 'cpm/sync', 'DevicesFunction'],
  ['POST /v1/devices/{deviceId}/tickets', 'cpm/sync', 'DevicesFunction'],
  ['GET /v1/box', 'cpm/sync', 'DevicesFunction'],
  ['GET /v1/conversations/{conversationId}/messages', 'cpm/sync', 'HistoryFunction'],
  ['POST /v1/users/{userId}/operations', 'cpm/participate', 'ParticipatingFunction'],
  ['GET /v1/policies/{policyId}', 'cpm/admin', 'AdminFunction'],
  ['PUT /v1/policies/{policyId}', 'cpm/admin', 'AdminFunction'],
  ['GET /v1/users/{userId}/box', 'cpm/admin', 'AdminFunction'],
  ['PUT /v1/users/{userId}/box', 'cpm/admin', 'AdminFunction'],
  ['DELETE /v1/users/{userId}/box', 'cpm/admin', 'AdminFunction'],
  ['GET /v1/users/{userId}/devices', 'cpm/admin', 'AdminFunction'],
  ['PUT /v1/users/{userId}/devices/{deviceId}', 'cpm/admin', 'AdminFunction'],
];

const httpApiId = Object.keys(resourcesOf(template, 'AWS::ApiGatewayV2::Api')).find((id) =>
  id.startsWith('Http'),
);
const httpRoutes = Object.values(resourcesOf(template, 'AWS::ApiGatewayV2::Route')).filter(({ Properties }) =>
  idsIn(Properties.ApiId).includes(String(httpApiId)),
);

test('the HTTP API has the routes of the protocol and no other', () => {
  const keys = httpRoutes.map(({ Properties }) => Properties.RouteKey);
  expect(keys.sort()).toEqual(ROUTES.map(([route]) => route).sort());
});

test.each(ROUTES)('%s asks for a token with %s and is answered by %s', (route, scope, functionId) => {
  const found = httpRoutes.find(({ Properties }) => Properties.RouteKey === route)?.Properties;
  expect(found).toMatchObject({ AuthorizationType: 'JWT', AuthorizationScopes: [scope] });
  const [integrationId] = idsIn(found?.Target);
  const integration = resource(template, 'AWS::ApiGatewayV2::Integration', String(integrationId)).Properties;
  expect(integration).toMatchObject({ IntegrationType: 'AWS_PROXY', PayloadFormatVersion: '2.0' });
  expect(idsIn(integration.IntegrationUri)).toEqual([functionId]);
});

test('tokens are those of the issuer for the audience', () => {
  expect(resource(template, 'AWS::ApiGatewayV2::Authorizer', 'Http').Properties).toMatchObject({
    AuthorizerType: 'JWT',
    IdentitySource: ['$request.header.Authorization'],
    JwtConfiguration: { Issuer: OWN_ISSUER.issuer, Audience: [OWN_ISSUER.audience] },
  });
});

test('the default stage of the HTTP API deploys by itself', () => {
  expect(resource(template, 'AWS::ApiGatewayV2::Stage', 'Http').Properties).toMatchObject({
    StageName: '$default',
    AutoDeploy: true,
  });
});

test('web pages of other origins may call only where their origins are given', () => {
  const corsOf = (context: object) =>
    resource(templateOf({ ...OWN_ISSUER, ...context }), 'AWS::ApiGatewayV2::Api', 'Http').Properties
      .CorsConfiguration;
  expect(corsOf({})).toBeUndefined();
  expect(corsOf({ origins: 'https://app.example.com, https://two.example.com' })).toMatchObject({
    AllowOrigins: ['https://app.example.com', 'https://two.example.com'],
    AllowMethods: ['GET', 'PUT', 'POST', 'DELETE'],
    AllowHeaders: ['authorization', 'content-type'],
    ExposeHeaders: ['retry-after', 'x-request-id'],
  });
});
