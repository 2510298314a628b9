import type { APIGatewayEventWebsocketRequestContextV2, APIGatewayProxyWebsocketEventV2 } from 'aws-lambda';
import type { ConnectionContext } from './ticket-holder.js';

/** An event of the WebSocket API, with the context that the authorizer of `$connect` returned. */
export type SocketEvent = Omit<APIGatewayProxyWebsocketEventV2, 'requestContext'> & {
  readonly requestContext: APIGatewayEventWebsocketRequestContextV2 & {
    readonly authorizer?: Partial<ConnectionContext>;
  };
};

/** The result of a function. API Gateway sends `body` as a frame. For `$connect` only the status counts. */
export interface SocketAnswer {
  readonly statusCode: number;
  readonly body?: string;
}
