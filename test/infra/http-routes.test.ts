import { ROUTES } from '../../protocol/routes.js';
import { idsIn, OWN_ISSUER, resource, resourcesOf, templateOf } from './stack.js';

const template = templateOf();

const DECLARED = Object.entries(ROUTES).map(
  ([route, { scope, function: name }]): [string, string, string] => [
    route,
    scope,
    `${name.charAt(0).toUpperCase()}${name.slice(1)}Function`,
  ],
);

const httpApiId = Object.keys(resourcesOf(template, 'AWS::ApiGatewayV2::Api')).find((id) =>
  id.startsWith('Http'),
);
const httpRoutes = Object.values(resourcesOf(template, 'AWS::ApiGatewayV2::Route')).filter(({ Properties }) =>
  idsIn(Properties.ApiId).includes(String(httpApiId)),
);

test('the HTTP API has the routes of the protocol and no other', () => {
  const keys = httpRoutes.map(({ Properties }) => Properties.RouteKey);
  expect(keys.sort()).toEqual(Object.keys(ROUTES).sort());
});

test.each(DECLARED)('%s asks for a token with %s and is answered by %s', (route, scope, functionId) => {
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
