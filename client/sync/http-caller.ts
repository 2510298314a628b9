import { utf8Length } from '../../protocol/text.js';
import { type Backoff, fullJitter, sleep } from './backoff.js';
import { type AnswerSchema, parseAnswer } from './parse-answer.js';
import { ServerProblem, serverProblemOf, UnexpectedAnswer, Unreachable } from './server-problem.js';

/** Returns the access token. `rejected`: the server answered 401 to this token, so a source that caches must renew it. */
export type TokenSource = (rejected?: string) => Promise<string> | string;

export interface HttpOptions {
  url: string; // of the HTTP API, without /v1
  token: TokenSource;
  fetch?: typeof fetch;
  attempts?: number; // of one call, including the first
  backoff?: Backoff;
  timeoutMs?: number; // of one attempt; default 35 s
}

export interface Call<T> {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  path: string;
  body?: unknown;
  answer: AnswerSchema<T>;
  signal?: AbortSignal;
  /** Receives the bytes that each attempt sent and received. Unit: bytes of UTF-8 before compression. */
  onBytes?: (bytes: number) => void;
}

const ATTEMPTS = 5;
const BACKOFF: Backoff = { baseMs: 250, capMs: 10_000 };
const TIMEOUT_MS = 35_000; // the gateway gives up after 30 s
const LONGEST_RETRY_AFTER_SECONDS = 60; // after a longer Retry-After the call fails

/**
 * Makes calls to the Message Storage Server. A call repeats its request after no answer, 429 and 5xx, with full jitter and
 * no earlier than Retry-After. Every request of the protocol is idempotent. After a 401 it asks for another token once.
 * @throws from each call: ServerProblem, Unreachable or UnexpectedAnswer, or the reason of the signal.
 */
export function httpCaller(options: HttpOptions) {
  const { attempts = ATTEMPTS, backoff = BACKOFF } = options;
  const base = options.url.replace(/\/+$/, '');

  return async function call<T>({ answer, signal, ...request }: Call<T>): Promise<T> {
    let token = await options.token();
    let renewed = false;
    for (let failures = 0; ; ) {
      try {
        return parseAnswer(answer, await attempt(options, base, request, token, signal));
      } catch (error) {
        if (isUnauthorized(error) && !renewed) {
          renewed = true;
          const fresh = await options.token(token);
          if (fresh === token) throw error;
          token = fresh;
          continue;
        }
        failures += 1;
        if (failures >= attempts || !isRetryable(error)) throw error;
        await sleep(waitMs(error) + fullJitter(failures - 1, backoff), signal);
      }
    }
  };
}
export type HttpCaller = ReturnType<typeof httpCaller>;

async function attempt(
  { fetch = (input, init) => globalThis.fetch(input, init), timeoutMs = TIMEOUT_MS }: HttpOptions,
  base: string,
  { method, path, body, onBytes }: Omit<Call<unknown>, 'answer' | 'signal'>,
  token: string,
  signal?: AbortSignal,
): Promise<unknown> {
  signal?.throwIfAborted();
  // React Native lacks AbortSignal.any and AbortSignal.timeout.
  const controller = new AbortController();
  const abort = () => controller.abort();
  const timer = setTimeout(abort, timeoutMs);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    const headers: Record<string, string> = { authorization: `Bearer ${token}` };
    if (body !== undefined) headers['content-type'] = 'application/json';
    const json = body === undefined ? undefined : JSON.stringify(body);
    const response = await fetch(base + path, { method, headers, body: json, signal: controller.signal });
    const text = await response.text();
    onBytes?.(utf8Length((json ?? '') + text));
    if (!response.ok) throw serverProblemOf(response.status, response.headers.get('retry-after'), text);
    return jsonOf(text);
  } catch (error) {
    if (error instanceof ServerProblem || error instanceof UnexpectedAnswer) throw error;
    signal?.throwIfAborted();
    const why = controller.signal.aborted ? ` within ${timeoutMs / 1000} s` : '';
    throw new Unreachable(`No answer from ${base}${why}`, { cause: error });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UnexpectedAnswer('The answer must be JSON', { cause });
  }
}

const isUnauthorized = (error: unknown): boolean => error instanceof ServerProblem && error.status === 401;

/** Whether a repeated request can succeed: after no answer, 429 and 5xx. */
const isRetryable = (error: unknown): boolean =>
  error instanceof Unreachable ||
  (error instanceof ServerProblem &&
    (error.status === 429 || error.status >= 500) &&
    (error.retryAfterSeconds ?? 0) <= LONGEST_RETRY_AFTER_SECONDS);

const waitMs = (error: unknown): number =>
  error instanceof ServerProblem ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
