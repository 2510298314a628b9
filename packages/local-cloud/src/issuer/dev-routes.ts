import type { IncomingMessage } from 'node:http';
import * as z from 'zod/mini';
import type { Answer } from '../http/answer.js';
import { jsonAnswer } from '../http/answer.js';
import { faultsOf } from '../schema.js';
import { readBody } from '../services/read-body.js';
import type { DevelopmentIssuer } from './development-issuer.js';

const MAX_BODY_BYTES = 16 * 1024;

const tokenRequestSchema = z.strictObject({
  sub: z.string().check(z.minLength(1), z.maxLength(256)),
  scope: z.string().check(z.maxLength(1024)),
});

/** Serves `POST /dev/token` and the documents of the issuer. Undefined for any other path. */
export async function devRoute(
  issuer: DevelopmentIssuer,
  req: IncomingMessage,
  path: string,
): Promise<Answer | undefined> {
  const issuerPath = new URL(issuer.url).pathname;
  if (path === '/dev/token') return req.method === 'POST' ? token(issuer, req) : wrongMethod('POST');
  if (!path.startsWith(`${issuerPath}/.well-known/`)) return undefined;
  if (req.method !== 'GET') return wrongMethod('GET');
  if (path.endsWith('/openid-configuration')) return jsonAnswer(200, issuer.configuration);
  if (path.endsWith('/jwks.json')) return jsonAnswer(200, issuer.keys);
  return undefined;
}

async function token(issuer: DevelopmentIssuer, req: IncomingMessage): Promise<Answer> {
  const body = await readBody(req, MAX_BODY_BYTES);
  if (body === 'tooLarge')
    return jsonAnswer(413, { error: 'invalid_request', faults: ['the body must not be larger than 16 KB'] });
  let content: unknown;
  try {
    content = JSON.parse(body.toString('utf8'));
  } catch {
    const faults = ['the body must be JSON like {"sub":"user-1","scope":"orders/read"}'];
    return jsonAnswer(400, { error: 'invalid_request', faults });
  }
  const request = tokenRequestSchema.safeParse(content);
  if (!request.success) return jsonAnswer(400, { error: 'invalid_request', faults: faultsOf(request.error) });
  const { sub, scope } = request.data;
  return jsonAnswer(200, {
    access_token: await issuer.token(sub, scope),
    token_type: 'Bearer',
    expires_in: issuer.lifetimeSeconds,
  });
}

const wrongMethod = (allowed: string): Answer => ({
  ...jsonAnswer(405, { error: 'method_not_allowed' }),
  headers: { 'content-type': 'application/json', allow: allowed },
});
