import type { ServerResponse } from 'node:http';

/** An answer to an HTTP request. Header names in lower case. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: string | Buffer;
}

/** An answer with JSON. */
export const jsonAnswer = (status: number, content: unknown): Answer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(content),
});

/** An answer in the form of API Gateway itself: `{"message": …}`. */
export const gatewayAnswer = (
  status: number,
  message: string,
  headers: Record<string, string> = {},
): Answer => ({
  ...jsonAnswer(status, { message }),
  headers: { 'content-type': 'application/json', ...headers },
});

/** Sends an answer, unless the response has already begun or its connection is closed. */
export function sendAnswer(res: ServerResponse, { status, headers, body }: Answer): void {
  if (res.destroyed || res.headersSent) return;
  const mayHaveBody = status !== 204 && status !== 304;
  res.writeHead(status, { ...headers, ...(mayHaveBody && { 'content-length': Buffer.byteLength(body) }) });
  res.end(mayHaveBody && res.req.method !== 'HEAD' ? body : undefined);
}
