import { randomUUID } from 'node:crypto';
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Invoke } from '../lambda/functions.js';
import {
  type Caller,
  Connection,
  type ConnectionLimits,
  MAX_MESSAGE_BYTES,
  newConnectionId,
} from './connection.js';
import { decide, type RequestAuthorizer } from './request-authorizer.js';
import {
  disconnectEvent,
  type EventSource,
  handshakeFacts,
  messageEvent,
  requestContext,
} from './socket-event.js';

/** One route of a WebSocket API. */
export interface SocketRoute {
  readonly invoke: Invoke;
  readonly timeoutMs: number;
  /** Whether the `body` that the function returns is sent to the client. */
  readonly answers: boolean;
}

/** The parts of a WebSocket API. */
export interface WebSocketApiSettings {
  readonly apiId: string;
  readonly stage: string;
  /** `arn:aws:execute-api:<region>:<account>:<api>/<stage>` */
  readonly arn: string;
  /** By route key: `$connect`, `$disconnect`, `$default`, and actions. */
  readonly routes: ReadonlyMap<string, SocketRoute>;
  /** Path to the route key in a message: `["action"]` for `$request.body.action`. */
  readonly routeKeyPath: readonly string[];
  readonly authorizer: RequestAuthorizer | undefined;
  readonly limits: ConnectionLimits;
}

/** A WebSocket API with its connections. */
export class WebSocketApi {
  readonly #connections = new Map<string, Connection>();
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    handleProtocols: () => false,
  });
  #stopping = false;

  constructor(private readonly settings: WebSocketApiSettings) {}

  /** An open connection, or undefined. */
  connection(id: string): Connection | undefined {
    const connection = this.#connections.get(id);
    return connection?.open ? connection : undefined;
  }

  /** Breaks every connection without a close frame, as a lost network does. */
  dropAll(): void {
    for (const connection of this.#connections.values()) connection.terminate();
  }

  /** Invokes the authorizer and `$connect`, then opens the connection or rejects it with an HTTP status. */
  async upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    const { apiId, stage, arn, authorizer, routes } = this.settings;
    const connectionId = newConnectionId();
    const connectedAtMs = Date.now();
    const anonymous: EventSource = {
      connectionId,
      connectedAtMs,
      caller: callerOf(req, undefined),
      apiId,
      stage,
    };
    let source = anonymous;
    if (authorizer) {
      const context = requestContext(anonymous, '$connect', 'CONNECT');
      const decision = await decide(authorizer, req, `${arn}/$connect`, context);
      if (!decision.allowed) return refuse(socket, decision.status, decision.message, connectionId);
      source = { ...anonymous, caller: callerOf(req, decision.context) };
    }
    const connect = routes.get('$connect');
    if (connect) {
      const status = await this.#connectStatus(connect, req, source);
      if (status >= 400) return refuse(socket, status, STATUS_CODES[status] ?? null, connectionId);
    }
    if (this.#stopping) socket.destroy();
    let accepted = false;
    this.#server.handleUpgrade(req, socket, head, (webSocket) => {
      accepted = true;
      this.#accept(source, webSocket);
    });
    // The client has disconnected meanwhile, or its handshake was not valid.
    if (!accepted) this.#disconnected(source, 1006, '');
  }

  /** Closes every connection and waits up to 500 ms for running functions, among them those of `$disconnect`. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const connection of this.#connections.values()) connection.close(1001, 'Going away');
    const patience = setTimeout(() => {
      for (const connection of this.#connections.values()) connection.terminate();
    }, 300);
    while (this.#connections.size > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    clearTimeout(patience);
    await Promise.race([
      Promise.all(this.#underWay),
      new Promise((resolve) => setTimeout(resolve, 500).unref()),
    ]);
    this.#server.close();
  }

  #accept(source: EventSource, webSocket: WebSocket) {
    const { connectionId, connectedAtMs, caller } = source;
    const connection: Connection = new Connection(
      connectionId,
      connectedAtMs,
      caller,
      webSocket,
      this.settings.limits,
      {
        onMessage: (text) => this.#track(this.#message(connection, source, text)),
        onClose: (code, reason) => {
          this.#connections.delete(connectionId);
          this.#disconnected(source, code, reason);
        },
      },
    );
    this.#connections.set(connectionId, connection);
  }

  async #connectStatus({ invoke }: SocketRoute, req: IncomingMessage, source: EventSource): Promise<number> {
    try {
      const context = requestContext(source, '$connect', 'CONNECT');
      const result = await invoke({
        ...handshakeFacts(req),
        requestContext: context,
        isBase64Encoded: false,
      });
      const { statusCode } = (result ?? {}) as { statusCode?: unknown };
      return Number.isInteger(Number(statusCode)) && statusCode !== undefined ? Number(statusCode) : 502;
    } catch {
      return 502;
    }
  }

  async #message(connection: Connection, source: EventSource, text: string): Promise<void> {
    const { routes, routeKeyPath } = this.settings;
    const asked = routeKeyOf(text, routeKeyPath);
    const routeKey = asked !== undefined && !asked.startsWith('$') && routes.has(asked) ? asked : '$default';
    const route = routes.get(routeKey);
    if (!route) return sendError(connection, 'Forbidden', randomUUID());
    const event = messageEvent(source, routeKey, text);
    const outcome = await inTime(route.invoke(event), route.timeoutMs);
    const { requestId } = event.requestContext;
    if (outcome.kind === 'late') return sendError(connection, 'Endpoint request timed out', requestId);
    if (outcome.kind === 'failed') return sendError(connection, 'Internal server error', requestId);
    const { body } = (outcome.result ?? {}) as { body?: unknown };
    if (route.answers && typeof body === 'string') connection.send(body);
  }

  #disconnected(source: EventSource, code: number, reason: string) {
    const route = this.settings.routes.get('$disconnect');
    if (route) this.#track(route.invoke(disconnectEvent(source, code, reason)).catch(() => {}));
  }

  #track(work: Promise<unknown>) {
    this.#underWay.add(work);
    void work.catch(() => {}).finally(() => this.#underWay.delete(work));
  }
}

const callerOf = (req: IncomingMessage, authorizer: Caller['authorizer']): Caller => ({
  sourceIp: req.socket.remoteAddress ?? '127.0.0.1',
  userAgent: req.headers['user-agent'] ?? '',
  domainName: req.headers.host ?? '',
  authorizer,
});

function refuse(socket: Duplex, status: number, message: string | null, connectionId: string): void {
  const body = JSON.stringify({ message, connectionId, requestId: randomUUID() });
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}

function sendError(connection: Connection, message: string, requestId: string): void {
  connection.send(JSON.stringify({ message, connectionId: connection.id, requestId }));
}

function routeKeyOf(text: string, path: readonly string[]): string | undefined {
  try {
    let value: unknown = JSON.parse(text);
    for (const member of path) value = (value as Record<string, unknown> | null | undefined)?.[member];
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined; // not JSON
  }
}

type InTime = { kind: 'result'; result: unknown } | { kind: 'failed' } | { kind: 'late' };

async function inTime(work: Promise<unknown>, timeoutMs: number): Promise<InTime> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<InTime>((resolve) => {
    timer = setTimeout(() => resolve({ kind: 'late' }), timeoutMs);
  });
  const done = work.then(
    (result): InTime => ({ kind: 'result', result }),
    (): InTime => ({ kind: 'failed' }),
  );
  const outcome = await Promise.race([done, late]);
  clearTimeout(timer);
  return outcome;
}
