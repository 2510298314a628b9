import type { IncomingMessage, ServerResponse } from 'node:http';
import { splitTarget } from '../http/http-api.js';
import { readBody } from '../services/read-body.js';
import type { RestService } from '../services/services-server.js';
import { CLOSE_NORMAL, type Connection, MAX_MESSAGE_BYTES } from './connection.js';
import type { WebSocketApi } from './web-socket-api.js';

const PATH = /\/@connections\/([^/]+)$/;

/**
 * The `@connections` API, by which functions send to connections and close them. Any path may precede it, like a
 * stage.
 */
export const connectionsService =
  (api: WebSocketApi): RestService =>
  async (req, res) => {
    const [, encodedId] = PATH.exec(splitTarget(req.url ?? '').path) ?? [];
    if (!encodedId) return false;
    const body = await readBody(req, MAX_MESSAGE_BYTES);
    const connection = api.connection(decodeURIComponent(encodedId));
    if (!connection) respond(res, 410, { message: 'Gone' }, 'GoneException');
    else if (body === 'tooLarge')
      respond(res, 413, { message: 'Payload too large' }, 'PayloadTooLargeException');
    else command(connection, req, res, body);
    return true;
  };

function command(connection: Connection, { method }: IncomingMessage, res: ServerResponse, body: Buffer) {
  switch (method) {
    case 'POST':
      if (connection.send(body.toString('utf8'))) return respond(res, 200, {});
      return respond(res, 410, { message: 'Gone' }, 'GoneException');
    case 'GET':
      return respond(res, 200, {
        connectedAt: new Date(connection.connectedAtMs).toISOString(),
        identity: { sourceIp: connection.caller.sourceIp, userAgent: connection.caller.userAgent },
        lastActiveAt: new Date(connection.lastActiveAtMs).toISOString(),
      });
    case 'DELETE':
      connection.close(CLOSE_NORMAL, 'Connection deleted');
      return respond(res, 204, {});
    default:
      return respond(
        res,
        403,
        { message: 'Missing Authentication Token' },
        'MissingAuthenticationTokenException',
      );
  }
}

function respond(res: ServerResponse, status: number, content: object, errorType?: string) {
  res.writeHead(status, {
    'content-type': 'application/json',
    ...(errorType && { 'x-amzn-errortype': errorType }),
  });
  res.end(status === 204 ? undefined : JSON.stringify(content));
}
