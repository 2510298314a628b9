import { LocalCloudProblem } from '../problem.js';
import type { AuthorizerProperties, IntegrationProperties, RouteProperties } from './kinds/api-gateway.js';
import type { Resource, Stack } from './stack.js';

/** A route with its integration and its authorizer. */
export interface RouteParts {
  readonly logicalId: string;
  readonly ref: string;
  readonly route: RouteProperties;
  readonly integration: IntegrationProperties;
  readonly authorizer: Resource<AuthorizerProperties> | undefined;
}

/** An API with its routes. */
export interface ApiParts {
  readonly api: ReturnType<typeof apisOf>[number];
  readonly stage: string;
  readonly routes: readonly RouteParts[];
}

const apisOf = (stack: Stack) => stack.resources('AWS::ApiGatewayV2::Api');

/**
 * The API of a protocol; undefined when the stack has none.
 * @throws LocalCloudProblem when there are several, or a route refers to a missing resource.
 */
export function apiParts(stack: Stack, protocol: 'HTTP' | 'WEBSOCKET'): ApiParts | undefined {
  const [api, second] = apisOf(stack).filter(({ properties }) => properties.ProtocolType === protocol);
  if (!api) return undefined;
  if (second) {
    throw new LocalCloudProblem(
      `AWS::ApiGatewayV2::Api "${second.logicalId}": there must be at most one API of protocol ${protocol}`,
    );
  }
  const [stage, ...otherStages] = stack
    .resources('AWS::ApiGatewayV2::Stage')
    .filter(({ properties }) => properties.ApiId === api.ref);
  if (!stage || otherStages.length > 0) {
    throw new LocalCloudProblem(`AWS::ApiGatewayV2::Api "${api.logicalId}" must have exactly one stage`);
  }
  const routes = stack
    .resources('AWS::ApiGatewayV2::Route')
    .filter(({ properties }) => properties.ApiId === api.ref)
    .map((route) => routeParts(stack, route));
  return { api, stage: stage.properties.StageName, routes };
}

function routeParts(
  stack: Stack,
  { logicalId, ref, properties: route }: Resource<RouteProperties>,
): RouteParts {
  const integrationId = route.Target.replace(/^integrations\//, '');
  const integration = stack
    .resources('AWS::ApiGatewayV2::Integration')
    .find((it) => it.ref === integrationId);
  const authorizer = stack
    .resources('AWS::ApiGatewayV2::Authorizer')
    .find((it) => it.ref === route.AuthorizerId);
  if (!integration || (route.AuthorizationType !== 'NONE' && !authorizer)) {
    throw new LocalCloudProblem(
      `AWS::ApiGatewayV2::Route "${logicalId}" refers to a resource that is not in the template`,
    );
  }
  return { logicalId, ref, route, integration: integration.properties, authorizer };
}
