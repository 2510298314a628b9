import type { APIGatewayEventWebsocketRequestContextV2, APIGatewayProxyWebsocketEventV2 } from 'aws-lambda';
import type { ConnectionContext } from './ticket-holder.js';

/** An event of the WebSocket API, with what the authorizer of `$connect` has left. */
export type SocketEvent = Omit<APIGatewayProxyWebsocketEventV2, 'requestContext'> & {
  readonly requestContext: APIGatewayEventWebsocketRequestContextV2 & {
    readonly authorizer?: Partial<ConnectionContext>;
  };
};

/** `body` of an answer to a frame is sent as a frame; of `$connect` only the status counts. */
export interface SocketAnswer {
  readonly statusCode: number;
  readonly body?: string;
}
