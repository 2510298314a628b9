import type { Claims, DevelopmentIssuer } from '../issuer/development-issuer.js';
import { messageOf } from '../problem.js';
import { type Answer, gatewayAnswer } from './answer.js';

/** The caller, as the event of the function has it: claims as text. */
export interface JwtContext {
  readonly claims: Readonly<Record<string, string>>;
  /** The scopes of the token that the route requires; null when the route requires none. */
  readonly scopes: readonly string[] | null;
}

/** The caller, or the answer that rejects the request. */
export type Authorization = { ok: true; jwt: JwtContext } | { ok: false; answer: Answer };

/** Checks the bearer token of a request, as the JWT authorizer of an HTTP API does. */
export async function authorize(
  issuer: DevelopmentIssuer,
  audience: readonly string[],
  routeScopes: readonly string[],
  authorizationHeader: string | undefined,
): Promise<Authorization> {
  const token = authorizationHeader?.replace(/^bearer\s+/i, '').trim();
  if (!token) return refused(401, 'Unauthorized', 'Bearer');
  let claims: Claims;
  try {
    claims = await issuer.verify(token);
    if (!hasAudience(claims, audience)) throw new Error('unexpected audience');
  } catch (error) {
    const reason = messageOf(error).replaceAll('"', "'");
    return refused(
      401,
      'Unauthorized',
      `Bearer scope="${routeScopes.join(' ')}" error="invalid_token" error_description="${reason}"`,
    );
  }
  const matching = scopesOf(claims).filter((scope) => routeScopes.includes(scope));
  if (routeScopes.length > 0 && matching.length === 0) {
    return refused(403, 'Forbidden', `Bearer scope="${routeScopes.join(' ')}" error="insufficient_scope"`);
  }
  return {
    ok: true,
    jwt: { claims: claimsAsText(claims), scopes: routeScopes.length > 0 ? matching : null },
  };
}

const refused = (status: number, message: string, challenge: string): Authorization => ({
  ok: false,
  answer: gatewayAnswer(status, message, { 'www-authenticate': challenge }),
});

/** `client_id` counts only in tokens without `aud`, like the access tokens of Cognito. */
function hasAudience({ aud, client_id }: Claims, audience: readonly string[]): boolean {
  const named = aud === undefined ? [client_id] : [aud].flat();
  return named.some((name) => typeof name === 'string' && audience.includes(name));
}

function scopesOf({ scope, scp }: Claims): string[] {
  const value = scope ?? scp;
  if (Array.isArray(value)) return value.map(String);
  return typeof value === 'string' ? value.split(' ').filter(Boolean) : [];
}

/** API Gateway passes claims on as text: a list as `[a b]`, an object as JSON. It omits null. */
function claimsAsText(claims: Claims): Record<string, string> {
  const known = Object.entries(claims).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(known.map(([name, value]) => [name, asText(value)]));
}

function asText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(asText).join(' ')}]`;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
