import * as z from 'zod/mini';
import { type HttpCaller, httpCaller, type TokenSource } from '../../client/sync/http-caller.js';
import { ServerProblem } from '../../client/sync/server-problem.js';
import { type Box, boxSchema } from '../../protocol/box.js';

const depthsSchema = z.record(
  z.string(),
  z.object({ visible: z.int(), inFlight: z.int(), delayed: z.int() }),
);
export type QueueDepths = z.infer<typeof depthsSchema>;

/** The service provider: reads the status of the box, and erases the box. */
export class Operator {
  readonly #call: HttpCaller;
  readonly #path: string;

  readonly #url: string;
  readonly #token: TokenSource;

  constructor(user: string, url: string, token: TokenSource) {
    [this.#url, this.#token] = [url, token];
    this.#call = httpCaller({ url, token, attempts: 2 });
    this.#path = `/v1/users/${encodeURIComponent(user)}/box`;
  }

  /** @returns undefined if the box does not exist. */
  async box(): Promise<Box | undefined> {
    try {
      return await this.#call({ method: 'GET', path: this.#path, answer: boxSchema });
    } catch (error) {
      if (error instanceof ServerProblem && error.status === 404) return undefined;
      throw error;
    }
  }

  /** Resolves when the server has accepted the erasure, which takes a moment. @throws Error for any other answer. */
  async erase(): Promise<void> {
    const headers = { authorization: `Bearer ${await this.#token()}` };
    const { ok, status } = await fetch(this.#url + this.#path, { method: 'DELETE', headers });
    if (!ok && status !== 404) throw new Error(`The answer to the erasure must be a success, got ${status}`);
  }
}

/** The number of messages in each queue. Only the local cloud has this route. */
export async function queueDepths(url: string): Promise<QueueDepths> {
  const response = await fetch(`${url}/dev/queues`);
  return depthsSchema.parse(await response.json());
}
