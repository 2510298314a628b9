import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type Properties = Record<string, unknown>;

/** A hand-written stack: resources of a template, and the code of its functions by logical id. */
export interface HandWrittenStack {
  readonly resources: Record<string, { Type: string; Properties?: Properties }>;
  /** ES modules that export `handler`. */
  readonly code?: Record<string, string>;
  readonly outputs?: Record<string, { Value: unknown }>;
}

const folders: string[] = [];

/** A folder that `removeFolders` deletes. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'local-cloud-test-'));
  folders.push(folder);
  return folder;
}

export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** Writes a stack as synthesis does. @returns the folder. */
export function writeStack({ resources, code = {}, outputs = {} }: HandWrittenStack): string {
  const folder = temporaryFolder();
  const template = { Resources: resources, Outputs: outputs };
  writeFileSync(join(folder, 'Test.template.json'), JSON.stringify(template));
  for (const [logicalId, text] of Object.entries(code)) {
    const asset = join(folder, `asset.${logicalId}`);
    mkdirSync(asset);
    writeFileSync(join(asset, 'index.mjs'), text);
  }
  return folder;
}

export const aFunction = (logicalId: string, more: Properties = {}) => ({
  Type: 'AWS::Lambda::Function',
  Properties: {
    Code: { S3Bucket: 'assets', S3Key: `${logicalId}.zip` },
    Handler: 'index.handler',
    Runtime: 'nodejs24.x',
    Timeout: 10,
    ...more,
  },
});

export const aQueue = (more: Properties = {}) => ({ Type: 'AWS::SQS::Queue', Properties: more });

export const aTable = (more: Properties = {}) => ({
  Type: 'AWS::DynamoDB::Table',
  Properties: {
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
    ...more,
  },
});

export const aMapping = (functionId: string, source: unknown, more: Properties = {}) => ({
  Type: 'AWS::Lambda::EventSourceMapping',
  Properties: { FunctionName: { Ref: functionId }, EventSourceArn: source, ...more },
});

export const AUDIENCE = 'an-audience';

/** An HTTP API with a JWT authorizer; `routes` maps route keys to functions and required scopes. */
export function anHttpApi(
  routes: Record<string, { functionId: string; scopes?: string[]; open?: boolean; timeoutMs?: number }>,
  more: Properties = {},
): HandWrittenStack['resources'] {
  const ApiId = { Ref: 'Http' };
  const resources: HandWrittenStack['resources'] = {
    Http: { Type: 'AWS::ApiGatewayV2::Api', Properties: { Name: 'test', ProtocolType: 'HTTP', ...more } },
    HttpStage: {
      Type: 'AWS::ApiGatewayV2::Stage',
      Properties: { ApiId, StageName: '$default', AutoDeploy: true },
    },
    Jwt: {
      Type: 'AWS::ApiGatewayV2::Authorizer',
      Properties: {
        ApiId,
        AuthorizerType: 'JWT',
        IdentitySource: ['$request.header.Authorization'],
        JwtConfiguration: {
          Audience: [AUDIENCE],
          Issuer: {
            'Fn::Join': ['', ['https://cognito-idp.', { Ref: 'AWS::Region' }, '.amazonaws.com/pool']],
          },
        },
        Name: 'jwt',
      },
    },
  };
  for (const [i, [RouteKey, { functionId, scopes, open, timeoutMs }]] of Object.entries(routes).entries()) {
    resources[`Integration${i}`] = {
      Type: 'AWS::ApiGatewayV2::Integration',
      Properties: {
        ApiId,
        IntegrationType: 'AWS_PROXY',
        IntegrationUri: { 'Fn::GetAtt': [functionId, 'Arn'] },
        PayloadFormatVersion: '2.0',
        ...(timeoutMs && { TimeoutInMillis: timeoutMs }),
      },
    };
    resources[`Route${i}`] = {
      Type: 'AWS::ApiGatewayV2::Route',
      Properties: {
        ApiId,
        RouteKey,
        Target: { 'Fn::Join': ['', ['integrations/', { Ref: `Integration${i}` }]] },
        ...(!open && { AuthorizationType: 'JWT', AuthorizerId: { Ref: 'Jwt' } }),
        ...(scopes && { AuthorizationScopes: scopes }),
      },
    };
  }
  return resources;
}

const invocationUri = (functionId: string) => ({
  'Fn::Join': [
    '',
    [
      'arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/',
      { 'Fn::GetAtt': [functionId, 'Arn'] },
      '/invocations',
    ],
  ],
});

/** A WebSocket API with stage `live`. Every route except `$connect` and `$disconnect` answers. */
export function aWebSocketApi(
  routes: Record<string, string>,
  authorizerFunctionId?: string,
): HandWrittenStack['resources'] {
  const ApiId = { Ref: 'Socket' };
  const resources: HandWrittenStack['resources'] = {
    Socket: {
      Type: 'AWS::ApiGatewayV2::Api',
      Properties: { ProtocolType: 'WEBSOCKET', RouteSelectionExpression: '$request.body.action' },
    },
    SocketStage: { Type: 'AWS::ApiGatewayV2::Stage', Properties: { ApiId, StageName: 'live' } },
  };
  if (authorizerFunctionId) {
    resources.Tickets = {
      Type: 'AWS::ApiGatewayV2::Authorizer',
      Properties: {
        ApiId,
        AuthorizerType: 'REQUEST',
        AuthorizerUri: invocationUri(authorizerFunctionId),
        IdentitySource: ['route.request.querystring.ticket'],
        Name: 'tickets',
      },
    };
  }
  for (const [i, [RouteKey, functionId]] of Object.entries(routes).entries()) {
    resources[`SocketIntegration${i}`] = {
      Type: 'AWS::ApiGatewayV2::Integration',
      Properties: { ApiId, IntegrationType: 'AWS_PROXY', IntegrationUri: invocationUri(functionId) },
    };
    const answers = RouteKey !== '$connect' && RouteKey !== '$disconnect';
    resources[`SocketRoute${i}`] = {
      Type: 'AWS::ApiGatewayV2::Route',
      Properties: {
        ApiId,
        RouteKey,
        Target: { 'Fn::Join': ['/', ['integrations', { Ref: `SocketIntegration${i}` }]] },
        ...(RouteKey === '$connect' &&
          authorizerFunctionId && { AuthorizationType: 'CUSTOM', AuthorizerId: { Ref: 'Tickets' } }),
        ...(answers && { RouteResponseSelectionExpression: '$default' }),
      },
    };
    if (!answers) continue;
    resources[`SocketResponse${i}`] = {
      Type: 'AWS::ApiGatewayV2::RouteResponse',
      Properties: { ApiId, RouteId: { Ref: `SocketRoute${i}` }, RouteResponseKey: '$default' },
    };
  }
  return resources;
}
