import { type CfnElement, Stack } from 'aws-cdk-lib';
import { WebSocketApi as GatewayWebSocketApi, WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { WebSocketLambdaAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Capacity } from '../capacity.js';
import { suppressNag } from '../suppress-nag.js';
import { accessLog } from './access-log.js';
import type { GatewayAccount } from './gateway-account.js';
import type { RetainedLogGroupProps } from './retained-log-group.js';

const STAGE_NAME = 'v1';

export interface SocketFunctions {
  readonly authorizer: IFunction;
  readonly connection: IFunction;
  readonly sync: IFunction;
  readonly default: IFunction;
}

export interface WebSocketApiProps extends RetainedLogGroupProps {
  readonly capacity: Capacity;
  /** The role for access logs, unless the account already has one. */
  readonly gatewayAccount?: GatewayAccount | undefined;
}

/** The WebSocket API. Its functions need its address, so the stack creates it first and adds them with `serve`. */
export class WebSocketApi extends Construct {
  /** Shape: wss://… */
  readonly url: string;
  /** Address that accepts frames for connections. Shape: https://… */
  readonly callbackUrl: string;

  readonly api: GatewayWebSocketApi;

  constructor(scope: Construct, id: string, props: WebSocketApiProps) {
    super(scope, id);
    const { rate, burst } = props.capacity.throttle('sockets');
    this.api = new GatewayWebSocketApi(this, 'Api', {
      apiName: 'cpm-sync-sockets',
      routeSelectionExpression: '$request.body.action',
    });
    const stage = new WebSocketStage(this, 'Stage', {
      webSocketApi: this.api,
      stageName: STAGE_NAME,
      autoDeploy: true,
      throttle: { rateLimit: rate, burstLimit: burst },
      accessLogSettings: accessLog(this, 'socket', props),
    });
    if (props.gatewayAccount) stage.node.addDependency(props.gatewayAccount.account);
    suppressNag(this.api, {
      'AwsSolutions-APIG4':
        'API Gateway authorizes a WebSocket once, at $connect; frames of the connection carry what the authorizer said.',
    });
    this.url = stage.url;
    this.callbackUrl = stage.callbackUrl;
  }

  serve(functions: SocketFunctions): void {
    const connection = new WebSocketLambdaIntegration('Connection', functions.connection);
    const other = new WebSocketLambdaIntegration('Other', functions.default);
    this.api.addRoute('$connect', {
      integration: connection,
      authorizer: new WebSocketLambdaAuthorizer('Ticket', functions.authorizer, {
        identitySource: ['route.request.querystring.ticket'],
      }),
    });
    this.api.addRoute('$disconnect', { integration: connection });
    // API Gateway sends the result of the function as the response frame.
    this.api.addRoute('sync', {
      integration: new WebSocketLambdaIntegration('Sync', functions.sync),
      returnResponse: true,
    });
    this.api.addRoute('ping', { integration: other, returnResponse: true });
    this.api.addRoute('$default', { integration: other, returnResponse: true });
  }

  /** Grants a function to post to connections or to close them. The policy cannot name connections, which do not exist yet. */
  grantConnections(role: IRole, method: 'POST' | 'DELETE'): void {
    const stack = Stack.of(this);
    const name = `${STAGE_NAME}/${method}/@connections/*`;
    const arn = stack.formatArn({ service: 'execute-api', resource: this.api.apiId, resourceName: name });
    role.addToPrincipalPolicy(
      new PolicyStatement({ actions: ['execute-api:ManageConnections'], resources: [arn] }),
    );
    const api = stack.getLogicalId(this.api.node.defaultChild as CfnElement);
    const shown = `arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<${api}>/${name}`;
    suppressNag(role, {
      [`AwsSolutions-IAM5[Resource::${shown}]`]:
        'Connections come and go; which one is meant, the device record says.',
    });
  }
}
