import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

export interface Received {
  method: string;
  path: string;
  authorization: string | undefined;
  body: unknown;
}

/** `hangUp` closes the connection without an answer. */
export type Answer = { status: number; body?: unknown; headers?: Record<string, string> } | 'hangUp';

export interface Loopback {
  url: string;
  received: Received[];
  /** Handles the WebSocket handshake. Default: refuses it. */
  onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  close: () => Promise<void>;
}

/** Starts an HTTP server on a free port of the loopback interface. `answer` returns its answers. */
export async function startLoopback(
  answer: (request: Received, count: number) => Answer | Promise<Answer>,
): Promise<Loopback> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const { method = '', url = '', headers } = request;
    const received = {
      method,
      path: url,
      authorization: headers.authorization,
      body: text ? JSON.parse(text) : undefined,
    };
    loopback.received.push(received);
    const given = await answer(received, loopback.received.length);
    if (given === 'hangUp') return request.socket.destroy();
    response.writeHead(given.status, { 'content-type': 'application/json', ...given.headers });
    response.end(given.body === undefined ? '' : JSON.stringify(given.body));
  });
  server.on('upgrade', (request, socket, head) => loopback.onUpgrade(request, socket, head));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const loopback: Loopback = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: [],
    onUpgrade: (_request, socket) => socket.destroy(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return loopback;
}

export const problem = (status: number, kind: string, more: object = {}, headers = {}): Answer => ({
  status,
  headers: { 'content-type': 'application/problem+json', ...headers },
  body: { type: `/problems/${kind}`, title: kind, status, ...more },
});
