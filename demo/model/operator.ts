import * as z from 'zod/mini';
import { type HttpCaller, httpCaller, type TokenSource } from '../../client/sync/http-caller.js';
import { ServerProblem } from '../../client/sync/server-problem.js';
import { type Box, boxSchema } from '../../protocol/box.js';

const depthsSchema = z.record(
  z.string(),
  z.object({ visible: z.int(), inFlight: z.int(), delayed: z.int() }),
);
export type QueueDepths = z.infer<typeof depthsSchema>;

/** The service provider's side: looks at the box, and erases it. */
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

  /** @returns undefined where there is none (any more). */
  async box(): Promise<Box | undefined> {
    try {
      return await this.#call({ method: 'GET', path: this.#path, answer: boxSchema });
    } catch (error) {
      if (error instanceof ServerProblem && error.status === 404) return undefined;
      throw error;
    }
  }

  /** Resolves when it is ordered: it takes the server a moment. */
  async erase(): Promise<void> {
    const headers = { authorization: `Bearer ${await this.#token()}` };
    const { ok, status } = await fetch(this.#url + this.#path, { method: 'DELETE', headers });
    if (!ok && status !== 404) throw new Error(`The box was not erased: ${status}`);
  }
}

/** Messages that wait in the queues of the local cloud; only the local cloud tells. */
export async function queueDepths(url: string): Promise<QueueDepths> {
  const response = await fetch(`${url}/dev/queues`);
  return depthsSchema.parse(await response.json());
}
