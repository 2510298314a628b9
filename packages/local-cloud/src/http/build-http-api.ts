import type { DevelopmentIssuer } from '../issuer/development-issuer.js';
import type { Functions } from '../lambda/functions.js';
import { LocalCloudProblem } from '../problem.js';
import { apiParts, type RouteParts } from '../template/api-parts.js';
import type { Place } from '../template/place.js';
import type { Stack } from '../template/stack.js';
import { HttpApi, type HttpRoute } from './http-api.js';
import { RouteTable } from './route-table.js';

/** The limit of API Gateway. */
const INTEGRATION_TIMEOUT_MS = 30_000;

/** The HTTP API of the stack, or undefined. @throws LocalCloudProblem when it is not supported. */
export function buildHttpApi(
  stack: Stack,
  place: Place,
  functions: Functions,
  issuer: DevelopmentIssuer,
): HttpApi | undefined {
  const parts = apiParts(stack, 'HTTP');
  if (!parts) return undefined;
  const { api, stage, routes } = parts;
  if (stage !== '$default') {
    throw new LocalCloudProblem(
      `AWS::ApiGatewayV2::Api "${api.logicalId}": the stage must be $default, got ${stage}`,
    );
  }
  const table = new RouteTable<HttpRoute>();
  for (const route of routes) table.add(route.route.RouteKey, httpRoute(route, functions));
  return new HttpApi({
    apiId: api.ref,
    accountId: place.account,
    stage,
    routes: table,
    cors: api.properties.CorsConfiguration,
    issuer,
  });
}

function httpRoute(
  { logicalId, route, integration, authorizer }: RouteParts,
  functions: Functions,
): HttpRoute {
  if (integration.PayloadFormatVersion !== '2.0') {
    throw new LocalCloudProblem(
      `AWS::ApiGatewayV2::Route "${logicalId}": the PayloadFormatVersion must be 2.0`,
    );
  }
  const jwt = authorizer?.properties.JwtConfiguration;
  if (route.AuthorizationType !== 'NONE' && !jwt) {
    throw new LocalCloudProblem(
      `AWS::ApiGatewayV2::Route "${logicalId}": the authorizer must be a JWT authorizer`,
    );
  }
  const [source = HEADER] = authorizer?.properties.IdentitySource ?? [];
  if (source !== HEADER) {
    throw new LocalCloudProblem(
      `AWS::ApiGatewayV2::Authorizer "${authorizer?.logicalId}": the identity source must be ${HEADER}, got ${source}`,
    );
  }
  return {
    routeKey: route.RouteKey,
    invoke: functions.byArn(integration.IntegrationUri),
    timeoutMs: integration.TimeoutInMillis ?? INTEGRATION_TIMEOUT_MS,
    authorizer: jwt && { audience: jwt.Audience, scopes: route.AuthorizationScopes },
  };
}

const HEADER = '$request.header.Authorization';
