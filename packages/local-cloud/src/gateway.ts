import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Answer, gatewayAnswer, sendAnswer } from './http/answer.js';
import { preflightAnswer, withCors } from './http/cors.js';
import { type HttpApi, splitTarget } from './http/http-api.js';
import { devRoute } from './issuer/dev-routes.js';
import type { DevelopmentIssuer } from './issuer/development-issuer.js';
import type { Functions } from './lambda/functions.js';
import { invokeRoute } from './lambda/invoke-route.js';
import { codeOf, LocalCloudProblem, messageOf } from './problem.js';
import { closeServer, listenOnLoopback } from './services/services-server.js';
import type { WebSocketApi } from './web-socket/web-socket-api.js';

/** Path of the WebSocket API. */
export const SOCKET_PATH = '/socket';
/** Path of the development issuer. */
export const ISSUER_PATH = '/dev/issuer';
/** Longer than clients keep an idle connection, so that no request meets a connection that was just closed. */
const KEEP_ALIVE_MS = 75_000;

/** The parts that the gateway serves once they have started. */
interface Served {
  readonly http: HttpApi | undefined;
  readonly webSocket: WebSocketApi | undefined;
  readonly issuer: DevelopmentIssuer;
  readonly functions: Functions;
  readonly moreRoutes: ((req: IncomingMessage, path: string) => Promise<Answer | undefined>) | undefined;
  readonly log: (line: string) => void;
}

/** The one address of a local cloud for clients: HTTP API, WebSocket API, issuer, `/dev/invoke` and `moreRoutes`. */
export interface Gateway {
  readonly port: number;
  /** Serves these parts. Undefined: answers every request with 503. */
  serve(served: Served | undefined): void;
  stop(): Promise<void>;
}

/**
 * Listens on 127.0.0.1.
 * @param port 0: any free port.
 * @throws LocalCloudProblem when the port is taken.
 */
export async function startGateway(port: number): Promise<Gateway> {
  let served: Served | undefined;
  const server = createServer((req, res) => void answer(served, req, res));
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.on('upgrade', (req, socket, head) => {
    const { path } = splitTarget(req.url ?? '');
    if (!served?.webSocket || (path !== SOCKET_PATH && path !== `${SOCKET_PATH}/`)) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    void served.webSocket.upgrade(req, socket, head);
  });
  try {
    await listenOnLoopback(server, port);
  } catch (error) {
    throw new LocalCloudProblem(reasonOf(error, port));
  }
  return {
    port: (server.address() as AddressInfo).port,
    serve(it) {
      served = it;
    },
    stop: () => closeServer(server),
  };
}

function reasonOf(error: unknown, port: number): string {
  const advice = 'choose another with --port N or the variable PORT';
  if (codeOf(error) === 'EADDRINUSE') return `Port ${port} is taken: ${advice}`;
  if (codeOf(error) === 'EACCES') return `Port ${port} may not be used: ${advice}`;
  return `Cannot listen on port ${port}: ${messageOf(error)}`;
}

async function answer(served: Served | undefined, req: IncomingMessage, res: ServerResponse): Promise<void> {
  try {
    sendAnswer(res, await answerOf(served, req));
  } catch (error) {
    if (!res.destroyed) served?.log(`${req.method} ${req.url}: ${messageOf(error)}`);
    sendAnswer(res, gatewayAnswer(500, 'Internal Server Error'));
  }
}

async function answerOf(served: Served | undefined, req: IncomingMessage): Promise<Answer> {
  if (!served) return gatewayAnswer(503, 'Service Unavailable');
  const { http, issuer, functions, moreRoutes } = served;
  const preflight = preflightAnswer(http?.cors, req);
  if (preflight) return preflight;
  const { path } = splitTarget(req.url ?? '/');
  const own = (await devRoute(issuer, req, path)) ?? (await invokeRoute(functions, req, path));
  const given =
    own ?? (await moreRoutes?.(req, path)) ?? (await http?.answer(req)) ?? gatewayAnswer(404, 'Not Found');
  return withCors(http?.cors, req, given);
}
