import * as z from 'zod/mini';
import type { TokenSource } from '../client/sync/http-caller.js';
import { Unreachable } from '../client/sync/server-problem.js';
import { CliProblem } from './cli/cli-problem.js';

/** The answer of POST /dev/token, which only the local cloud has. */
const devTokenSchema = z.object({ access_token: z.string(), expires_in: z.number() });

const RENEW_AT = 0.8; // of the lifetime
const TIMEOUT_MS = 10_000;

/** Which token to use. */
export interface TokenOptions {
  url: string;
  given: string | undefined; // with --token or CPM_TOKEN
  sub: string;
  scope: 'cpm/sync' | 'cpm/participate' | 'cpm/admin';
}

/**
 * The given token, else one of the local cloud, which is renewed before it expires.
 * @throws CliProblem when the server does not give tokens, Unreachable when it does not answer.
 */
export function tokenSource({ given, ...request }: TokenOptions): TokenSource {
  if (given) return () => given;
  let kept: { token: string; renewAtMs: number } | undefined;
  return async (rejected) => {
    if (!kept || kept.token === rejected || Date.now() >= kept.renewAtMs) {
      const { access_token, expires_in } = await fetchDevToken(request);
      kept = { token: access_token, renewAtMs: Date.now() + expires_in * 1000 * RENEW_AT };
    }
    return kept.token;
  };
}

async function fetchDevToken({ url, sub, scope }: Omit<TokenOptions, 'given'>) {
  const response = await fetch(`${url}/dev/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ sub, scope }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((cause) => {
    throw new Unreachable(`No answer from ${url}`, { cause });
  });
  const body = devTokenSchema.safeParse(
    response.ok ? await response.json().catch(() => undefined) : undefined,
  );
  if (body.success) return body.data;
  throw new CliProblem(
    `POST ${url}/dev/token must answer a token, got status ${response.status}: give a token with --token or CPM_TOKEN`,
  );
}
