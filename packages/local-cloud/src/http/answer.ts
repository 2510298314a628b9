import type { ServerResponse } from 'node:http';

/** What is answered to an HTTP request. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: string | Buffer;
}

export const jsonAnswer = (status: number, content: unknown): Answer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(content),
});

/** In the form of API Gateway itself. */
export const gatewayAnswer = (
  status: number,
  message: string,
  headers: Record<string, string> = {},
): Answer => ({
  ...jsonAnswer(status, { message }),
  headers: { 'content-type': 'application/json', ...headers },
});

export function sendAnswer(res: ServerResponse, { status, headers, body }: Answer): void {
  if (res.destroyed || res.headersSent) return;
  const mayHaveBody = status !== 204 && status !== 304;
  res.writeHead(status, { ...headers, ...(mayHaveBody && { 'content-length': Buffer.byteLength(body) }) });
  res.end(mayHaveBody && res.req.method !== 'HEAD' ? body : undefined);
}
