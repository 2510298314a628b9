import { Duration } from 'aws-cdk-lib';
import {
  CorsHttpMethod,
  type CorsPreflightOptions,
  HttpApi,
  type HttpMethod,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { HTTP_ROUTES, type HttpFunctionName } from '../http-routes.js';
import type { TokenIssuer } from './token-issuer.js';

export interface HttpInterfaceProps {
  readonly tokens: TokenIssuer;
  readonly origins: readonly string[];
  readonly functions: Readonly<Record<HttpFunctionName, IFunction>>;
}

/** What a browser may send and read from other origins. */
const corsFor = (origins: readonly string[]): CorsPreflightOptions => ({
  allowOrigins: [...origins],
  allowMethods: [CorsHttpMethod.GET, CorsHttpMethod.PUT, CorsHttpMethod.POST, CorsHttpMethod.DELETE],
  allowHeaders: ['authorization', 'content-type'],
  exposeHeaders: ['retry-after', 'x-request-id'],
  maxAge: Duration.hours(1),
});

/** The HTTP API: every route asks for a token of the issuer with the route's own scope. */
export class HttpInterface extends Construct {
  readonly url: string;

  constructor(scope: Construct, id: string, { tokens, origins, functions }: HttpInterfaceProps) {
    super(scope, id);
    const api = new HttpApi(this, 'Api', {
      apiName: 'cpm-sync-http',
      ...(origins.length > 0 && { corsPreflight: corsFor(origins) }),
      defaultAuthorizer: new HttpJwtAuthorizer('Tokens', tokens.issuer, { jwtAudience: tokens.audience }),
    });
    for (const [name, routes] of Object.entries(HTTP_ROUTES)) {
      const integration = new HttpLambdaIntegration(name, functions[name as HttpFunctionName]);
      for (const [route, scopeOfRoute] of Object.entries(routes)) {
        const [method, path] = route.split(' ') as [HttpMethod, string];
        api.addRoutes({ path, methods: [method], integration, authorizationScopes: [scopeOfRoute] });
      }
    }
    this.url = api.apiEndpoint;
  }
}
