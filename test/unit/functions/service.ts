import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ServiceRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface ServiceAnswer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

export interface Service {
  readonly url: string;
  readonly requests: ServiceRequest[];
  close(): Promise<void>;
}

/** An HTTP server on loopback in the place of an AWS service. It remembers what it was asked. */
export async function startService(
  answer: (request: ServiceRequest) => ServiceAnswer | Promise<ServiceAnswer>,
): Promise<Service> {
  const requests: ServiceRequest[] = [];
  const server = createServer(async (incoming, outgoing) => {
    let body = '';
    for await (const chunk of incoming) body += chunk;
    const { method = '', url: path = '', headers } = incoming;
    const request = { method, path, headers, body };
    requests.push(request);
    const { status, headers: out = {}, body: answerBody } = await answer(request);
    outgoing.writeHead(status, { 'content-type': 'application/x-amz-json-1.0', ...out });
    outgoing.end(answerBody === undefined ? '' : JSON.stringify(answerBody));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

/** Settings of an SDK client that talks to such a server and tries once. */
export const clientOf = (service: Service) => ({
  endpoint: service.url,
  region: 'eu-central-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  maxAttempts: 1,
});
