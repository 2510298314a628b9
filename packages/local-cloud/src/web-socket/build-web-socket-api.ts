import type { Functions } from '../lambda/functions.js';
import { LocalCloudProblem } from '../problem.js';
import { apiParts, type RouteParts } from '../template/api-parts.js';
import { arnOf, type Place } from '../template/place.js';
import type { Stack } from '../template/stack.js';
import type { ConnectionLimits } from './connection.js';
import { parseIdentitySource, type RequestAuthorizer } from './request-authorizer.js';
import { type SocketRoute, WebSocketApi } from './web-socket-api.js';

/** The limit of API Gateway. */
const INTEGRATION_TIMEOUT_MS = 29_000;

/** The WebSocket API of the stack, or undefined. @throws LocalCloudProblem when it is not supported. */
export function buildWebSocketApi(
  stack: Stack,
  place: Place,
  functions: Functions,
  limits: ConnectionLimits,
): WebSocketApi | undefined {
  const parts = apiParts(stack, 'WEBSOCKET');
  if (!parts) return undefined;
  const { api, stage, routes } = parts;
  const answering = new Set(
    stack.resources('AWS::ApiGatewayV2::RouteResponse').map(({ properties }) => properties.RouteId),
  );
  const socketRoutes = routes.map(
    ({ ref, route, integration }) =>
      [
        route.RouteKey,
        {
          invoke: functions.byArn(integration.IntegrationUri),
          timeoutMs: integration.TimeoutInMillis ?? INTEGRATION_TIMEOUT_MS,
          answers: route.RouteResponseSelectionExpression !== undefined && answering.has(ref),
        } satisfies SocketRoute,
      ] as const,
  );
  return new WebSocketApi({
    apiId: api.ref,
    stage,
    arn: arnOf(place, 'execute-api', `${api.ref}/${stage}`),
    routes: new Map(socketRoutes),
    routeKeyPath: routeKeyPath(api.properties.RouteSelectionExpression, api.logicalId),
    authorizer: connectAuthorizer(routes, functions),
    limits,
  });
}

function routeKeyPath(expression: string | undefined, logicalId: string): string[] {
  const [, path] = /^\$request\.body\.([\w.]+)$/.exec(expression ?? '') ?? [];
  if (path) return path.split('.');
  throw new LocalCloudProblem(
    `AWS::ApiGatewayV2::Api "${logicalId}": the RouteSelectionExpression must be like $request.body.action, got ${expression}`,
  );
}

function connectAuthorizer(
  routes: readonly RouteParts[],
  functions: Functions,
): RequestAuthorizer | undefined {
  const connect = routes.find(({ route }) => route.RouteKey === '$connect');
  const authorizer = connect?.authorizer;
  if (!authorizer) return undefined;
  const { AuthorizerUri, IdentitySource } = authorizer.properties;
  if (!AuthorizerUri) {
    throw new LocalCloudProblem(
      `AWS::ApiGatewayV2::Authorizer "${authorizer.logicalId}" must have an AuthorizerUri`,
    );
  }
  return {
    invoke: functions.byArn(AuthorizerUri),
    identitySources: IdentitySource.map((source) => parseIdentitySource(source, authorizer.logicalId)),
  };
}
