import { Duration } from 'aws-cdk-lib';
import {
  type CfnStage,
  CorsHttpMethod,
  type CorsPreflightOptions,
  HttpApi as GatewayHttpApi,
  type HttpMethod,
  HttpStage,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { type HttpFunctionName, ROUTES } from '../../protocol/routes.js';
import type { Capacity } from '../capacity.js';
import { accessLog } from './access-log.js';
import type { RetainedLogGroupProps } from './retained-log-group.js';
import type { TokenIssuer } from './token-issuer.js';

export interface HttpApiProps extends RetainedLogGroupProps {
  readonly tokens: TokenIssuer;
  readonly origins: readonly string[];
  readonly functions: Readonly<Record<HttpFunctionName, IFunction>>;
  readonly capacity: Capacity;
}

/** Headers and methods that pages of other origins can use. */
const corsFor = (origins: readonly string[]): CorsPreflightOptions => ({
  allowOrigins: [...origins],
  allowMethods: [CorsHttpMethod.GET, CorsHttpMethod.PUT, CorsHttpMethod.POST, CorsHttpMethod.DELETE],
  allowHeaders: ['authorization', 'content-type'],
  exposeHeaders: ['retry-after', 'x-request-id'],
  maxAge: Duration.hours(1),
});

/** The HTTP API. Each route requires a token of the issuer with the scope of the route, and has its own limit. */
export class HttpApi extends Construct {
  readonly url: string;
  readonly api: GatewayHttpApi;

  constructor(scope: Construct, id: string, props: HttpApiProps) {
    super(scope, id);
    const { tokens, origins, functions, capacity } = props;
    this.api = new GatewayHttpApi(this, 'Api', {
      apiName: 'cpm-sync-http',
      ...(origins.length > 0 && { corsPreflight: corsFor(origins) }),
      defaultAuthorizer: new HttpJwtAuthorizer('Tokens', tokens.issuer, { jwtAudience: tokens.audience }),
      createDefaultStage: false,
    });
    const stage = new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      accessLogSettings: accessLog(this, 'http', props),
    });
    const limits: Record<string, { ThrottlingRateLimit: number; ThrottlingBurstLimit: number }> = {};
    const integrations = new Map<HttpFunctionName, HttpLambdaIntegration>();
    for (const [route, { function: name, scope: needed }] of Object.entries(ROUTES)) {
      const integration = integrations.get(name) ?? new HttpLambdaIntegration(name, functions[name]);
      integrations.set(name, integration);
      const [method, path] = route.split(' ') as [HttpMethod, string];
      const added = this.api.addRoutes({
        path,
        methods: [method],
        integration,
        authorizationScopes: [needed],
      });
      stage.node.addDependency(...added); // CloudFormation refuses a stage that limits a route before the route exists
      const { rate, burst } = capacity.throttle(name);
      limits[route] = { ThrottlingRateLimit: rate, ThrottlingBurstLimit: burst };
    }
    (stage.node.defaultChild as CfnStage).routeSettings = limits;
    this.url = this.api.apiEndpoint;
  }
}
