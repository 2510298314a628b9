import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf } from '../problem.js';
import { AwsError } from './aws-error.js';
import { readBody } from './read-body.js';

/** One operation of a service. The input is parsed JSON, the output is sent as JSON. @throws AwsError */
type Operation = (input: unknown, signal: AbortSignal) => unknown;

/** A service of the AWS JSON protocol, like SQS. */
export interface JsonService {
  /** The part of `x-amz-target` before the operation. */
  readonly target: string;
  /** The part of the type of an error before `#`. */
  readonly errorNamespace: string;
  readonly operations: Readonly<Record<string, Operation>>;
}

/**
 * A service without the JSON protocol: the management of WebSocket connections. Resolves to whether it has answered.
 */
export type RestService = (req: IncomingMessage, res: ServerResponse) => Promise<boolean>;

/** The emulated services, on one port of 127.0.0.1. */
export interface ServicesServer {
  readonly url: string;
  use(service: JsonService): void;
  useRest(service: RestService): void;
  stop(): Promise<void>;
}

const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** Starts a server without services on a free port; `use` adds them. */
export async function startServicesServer(): Promise<ServicesServer> {
  const json: JsonService[] = [];
  const rest: RestService[] = [];
  const server = createServer(async (req, res) => {
    for (const service of rest) {
      if (await service(req, res)) return;
    }
    await answer(json, req, res);
  });
  server.keepAliveTimeout = 75_000; // longer than clients keep an unused connection
  await listenOnLoopback(server, 0);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    use: (service) => json.push(service),
    useRest: (service) => rest.push(service),
    stop: () => closeServer(server),
  };
}

async function answer(services: JsonService[], req: IncomingMessage, res: ServerResponse) {
  const target = String(req.headers['x-amz-target'] ?? '');
  const [name = '', operationName = ''] = target.split('.');
  const service = services.find((it) => it.target === name);
  const aborted = new AbortController();
  res.on('close', () => aborted.abort());
  try {
    const operation = service?.operations[operationName];
    const body = await readBody(req, MAX_BODY_BYTES);
    if (!operation)
      throw new AwsError('UnknownOperationException', `${target || req.url} is not emulated`, 404);
    if (body === 'tooLarge')
      throw new AwsError('RequestTooLarge', 'The request must not be larger than 8 MB', 413);
    send(res, 200, await operation(parsed(body), aborted.signal), {});
  } catch (error) {
    const known = error instanceof AwsError ? error : new AwsError('InternalFailure', messageOf(error), 500);
    const fault = known.status >= 500 ? 'Receiver' : 'Sender';
    const type = `${service?.errorNamespace ?? 'local'}#${known.type}`;
    send(
      res,
      known.status,
      { __type: type, message: known.message },
      {
        'x-amzn-errortype': known.type,
        ...(known.queryCode && { 'x-amzn-query-error': `${known.queryCode};${fault}` }),
      },
    );
  }
}

function parsed(body: Buffer): unknown {
  try {
    return body.length === 0 ? {} : JSON.parse(body.toString('utf8'));
  } catch {
    throw new AwsError('SerializationException', 'The body must be JSON');
  }
}

function send(res: ServerResponse, status: number, body: unknown, headers: Record<string, string>) {
  if (res.destroyed) return;
  const text = JSON.stringify(body ?? {});
  res.writeHead(status, {
    'content-type': 'application/x-amz-json-1.0',
    'content-length': Buffer.byteLength(text),
    'x-amzn-requestid': randomUUID(),
    ...headers,
  });
  res.end(text);
}

/** Listens on 127.0.0.1. @throws the system error, EADDRINUSE for a port that is taken. */
export function listenOnLoopback(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Closes a server and all its connections. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
