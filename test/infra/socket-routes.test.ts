import { idsIn, type Resource, resource, resourcesOf, templateOf } from './stack.js';

const template = templateOf();
const ROUTE = 'AWS::ApiGatewayV2::Route';

const socketRoutes = Object.entries(resourcesOf(template, ROUTE)).filter(([id]) => id.startsWith('Sockets'));
const routeOf = (key: string): [string, Resource] | undefined =>
  socketRoutes.find(([, { Properties }]) => Properties.RouteKey === key);

function functionBehind(key: string): string | undefined {
  const [integrationId] = idsIn(routeOf(key)?.[1].Properties.Target);
  const integration = resource(template, 'AWS::ApiGatewayV2::Integration', String(integrationId));
  return idsIn(integration.Properties.IntegrationUri).find((id) => id.endsWith('Function'));
}

test('frames are routed by their action', () => {
  expect(resource(template, 'AWS::ApiGatewayV2::Api', 'Sockets').Properties).toMatchObject({
    ProtocolType: 'WEBSOCKET',
    RouteSelectionExpression: '$request.body.action',
  });
});

test.each([
  ['$connect', 'SocketConnectionFunction'],
  ['$disconnect', 'SocketConnectionFunction'],
  ['sync', 'SocketSyncFunction'],
  ['ping', 'SocketDefaultFunction'],
  ['$default', 'SocketDefaultFunction'],
])('%s goes to %s', (key, functionId) => {
  expect(functionBehind(key)).toBe(functionId);
});

test('there is no other route', () => {
  expect(socketRoutes).toHaveLength(5);
});

test('only $connect is authorized, by the ticket in the URL, once a connection', () => {
  const authorized = socketRoutes.filter(([, { Properties }]) => Properties.AuthorizationType !== 'NONE');
  expect(authorized.map(([, { Properties }]) => Properties.RouteKey)).toEqual(['$connect']);
  const [authorizerId] = idsIn(authorized[0]?.[1].Properties.AuthorizerId);
  const authorizer = resource(template, 'AWS::ApiGatewayV2::Authorizer', String(authorizerId)).Properties;
  expect(authorizer).toMatchObject({
    AuthorizerType: 'REQUEST',
    IdentitySource: ['route.request.querystring.ticket'],
  });
  expect(idsIn(authorizer.AuthorizerUri)).toContain('SocketAuthorizerFunction');
});

test.each(['sync', 'ping', '$default'])(
  'what the function behind %s returns is the answering frame',
  (key) => {
    const [routeId, route] = routeOf(key) ?? [];
    expect(route?.Properties.RouteResponseSelectionExpression).toBe('$default');
    const responses = Object.values(resourcesOf(template, 'AWS::ApiGatewayV2::RouteResponse'));
    const own = responses.filter(({ Properties }) => idsIn(Properties.RouteId).includes(String(routeId)));
    expect(own.map(({ Properties }) => Properties.RouteResponseKey)).toEqual(['$default']);
  },
);

test('the WebSocket API has one stage, which deploys by itself', () => {
  const stages = Object.entries(resourcesOf(template, 'AWS::ApiGatewayV2::Stage'));
  const own = stages.filter(([id]) => id.startsWith('Sockets'));
  expect(own.map(([, { Properties }]) => Properties.AutoDeploy)).toEqual([true]);
});
