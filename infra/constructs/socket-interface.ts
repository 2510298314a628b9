import { Stack } from 'aws-cdk-lib';
import { WebSocketApi, WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { WebSocketLambdaAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';

const STAGE_NAME = 'v1';

export interface SocketFunctions {
  readonly authorizer: IFunction;
  readonly connection: IFunction;
  readonly sync: IFunction;
  readonly default: IFunction;
}

/** The WebSocket API. It stands before its functions, since they are told where it is; they join with `serve`. */
export class SocketInterface extends Construct {
  /** Shape: wss://… */
  readonly url: string;
  /** Shape: https://…, where frames to connections are posted. */
  readonly callbackUrl: string;

  private readonly api: WebSocketApi;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.api = new WebSocketApi(this, 'Api', {
      apiName: 'cpm-sync-sockets',
      routeSelectionExpression: '$request.body.action',
    });
    const stage = new WebSocketStage(this, 'Stage', {
      webSocketApi: this.api,
      stageName: STAGE_NAME,
      autoDeploy: true,
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
    // What the function returns is the answering frame.
    this.api.addRoute('sync', {
      integration: new WebSocketLambdaIntegration('Sync', functions.sync),
      returnResponse: true,
    });
    this.api.addRoute('ping', { integration: other, returnResponse: true });
    this.api.addRoute('$default', { integration: other, returnResponse: true });
  }

  /** ARN of the connections, as IAM wants it for one HTTP method. */
  connectionsArn(method: 'POST' | 'DELETE'): string {
    return Stack.of(this).formatArn({
      service: 'execute-api',
      resource: this.api.apiId,
      resourceName: `${STAGE_NAME}/${method}/@connections/*`,
    });
  }
}
