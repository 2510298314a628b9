import type { IncomingMessage } from 'node:http';

/**
 * The body of a request. A larger body is read to its end and dropped, so that the server can still answer. Unit:
 * bytes.
 */
export async function readBody(req: IncomingMessage, maxBytes: number): Promise<Buffer | 'tooLarge'> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= maxBytes) chunks.push(chunk);
    else chunks.length = 0;
  }
  return size > maxBytes ? 'tooLarge' : Buffer.concat(chunks);
}
