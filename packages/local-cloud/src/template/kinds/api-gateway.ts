import * as z from 'zod/mini';
import { withoutEffect } from '../../schema.js';
import { generatedId, kind } from '../kind.js';
import { shortHash, URL_SUFFIX } from '../place.js';

const corsSchema = z.strictObject({
  AllowOrigins: z._default(z.array(z.string()), []),
  AllowMethods: z._default(z.array(z.string()), []),
  AllowHeaders: z._default(z.array(z.string()), []),
  ExposeHeaders: z._default(z.array(z.string()), []),
  AllowCredentials: z._default(z.boolean(), false),
  MaxAge: z.optional(z.int()),
});
export type CorsProperties = z.infer<typeof corsSchema>;

const integrationSchema = z.strictObject({
  ApiId: z.string(),
  IntegrationType: z.literal('AWS_PROXY'),
  IntegrationUri: z.string(),
  PayloadFormatVersion: z.optional(z.string()),
  TimeoutInMillis: z.optional(z.int().check(z.gte(50), z.lte(30_000))),
  IntegrationMethod: withoutEffect('functions are always invoked by POST'),
  ConnectionType: withoutEffect('there is no VPC here'),
  CredentialsArn: withoutEffect('access is not checked here'),
  Description: withoutEffect('for people'),
});
export type IntegrationProperties = z.infer<typeof integrationSchema>;

const routeSchema = z.strictObject({
  ApiId: z.string(),
  RouteKey: z.string(),
  Target: z.string(),
  AuthorizationType: z._default(z.enum(['NONE', 'JWT', 'CUSTOM']), 'NONE'),
  AuthorizerId: z.optional(z.string()),
  AuthorizationScopes: z._default(z.array(z.string()), []),
  RouteResponseSelectionExpression: z.optional(z.literal('$default')),
  ApiKeyRequired: z.optional(z.literal(false)),
  OperationName: withoutEffect('for people'),
});
export type RouteProperties = z.infer<typeof routeSchema>;

const authorizerSchema = z.strictObject({
  ApiId: z.string(),
  AuthorizerType: z.enum(['JWT', 'REQUEST']),
  IdentitySource: z._default(z.array(z.string()), []),
  JwtConfiguration: z.optional(
    z.strictObject({ Audience: z._default(z.array(z.string()), []), Issuer: z.string() }),
  ),
  AuthorizerUri: z.optional(z.string()),
  AuthorizerResultTtlInSeconds: z.optional(z.literal(0)),
  Name: withoutEffect('for people'),
  AuthorizerCredentialsArn: withoutEffect('access is not checked here'),
});
export type AuthorizerProperties = z.infer<typeof authorizerSchema>;

const stageSchema = z.strictObject({
  ApiId: z.string(),
  StageName: z.string(),
  AutoDeploy: withoutEffect('every start deploys the template'),
  DeploymentId: withoutEffect('every start deploys the template'),
  DefaultRouteSettings: withoutEffect('nothing is throttled here'),
  RouteSettings: withoutEffect('nothing is throttled here'),
  AccessLogSettings: withoutEffect('there is no access log here'),
  Description: withoutEffect('for people'),
  Tags: withoutEffect('for billing'),
});

export const apiGatewayKinds = {
  'AWS::ApiGatewayV2::Api': kind({
    properties: z.strictObject({
      Name: z.optional(z.string()),
      ProtocolType: z.enum(['HTTP', 'WEBSOCKET']),
      RouteSelectionExpression: z.optional(z.string()),
      CorsConfiguration: z.optional(corsSchema),
      DisableExecuteApiEndpoint: z.optional(z.literal(false)),
      Description: withoutEffect('for people'),
      IpAddressType: withoutEffect('everything listens on 127.0.0.1'),
      Tags: withoutEffect('for billing'),
    }),
    identify: ({ logicalId, place }) => {
      const id = shortHash(`${place.stackName} ${logicalId}`);
      const host = `${id}.execute-api.${place.region}.${URL_SUFFIX}`;
      // CloudFormation gives https for both kinds of API. Templates join the wss URL of a WebSocket API themselves.
      return { ref: id, attributes: { ApiId: id, ApiEndpoint: `https://${host}` } };
    },
  }),
  'AWS::ApiGatewayV2::Route': kind({ properties: routeSchema, identify: generatedId('RouteId') }),
  'AWS::ApiGatewayV2::RouteResponse': kind({
    properties: z.strictObject({
      ApiId: z.string(),
      RouteId: z.string(),
      RouteResponseKey: z.literal('$default'),
    }),
    identify: generatedId('RouteResponseId'),
  }),
  'AWS::ApiGatewayV2::Integration': kind({
    properties: integrationSchema,
    identify: generatedId('IntegrationId'),
  }),
  'AWS::ApiGatewayV2::Authorizer': kind({
    properties: authorizerSchema,
    identify: generatedId('AuthorizerId'),
  }),
  'AWS::ApiGatewayV2::Stage': kind({
    nameProperty: 'StageName',
    properties: stageSchema,
    identify: ({ name }) => ({ ref: name, attributes: {} }),
  }),
  'AWS::ApiGatewayV2::Deployment': kind({
    properties: z.strictObject({ ApiId: z.string(), Description: withoutEffect('for people') }),
    identify: generatedId('DeploymentId'),
  }),
};
