import * as z from 'zod/mini';
import type { TokenSource } from '../client/sync/http-caller.js';
import { Unreachable } from '../client/sync/server-problem.js';
import { CliProblem } from './cli/cli-problem.js';

/** Answer of POST /dev/token, which only the local cloud has. */
const devTokenSchema = z.object({ access_token: z.string(), expires_in: z.number() });

const RENEW_AT = 0.8; // of the lifetime
const TIMEOUT_MS = 10_000;

export interface TokenOptions {
  url: string;
  given: string | undefined; // by --token or CPM_TOKEN
  sub: string;
  scope: 'cpm/sync' | 'cpm/participate' | 'cpm/admin';
}

/** The token that was given, or else one of the local cloud, fetched anew before it expires. */
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
    `${url} gives no tokens of its own (POST /dev/token answered ${response.status}): give one with --token or CPM_TOKEN`,
  );
}
