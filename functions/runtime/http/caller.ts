import type { APIGatewayProxyEventV2WithJWTAuthorizer } from 'aws-lambda';
import { SyncProblem } from '../../../core/model/sync-problem.js';
import { type UserId, userIdSchema } from '../../../protocol/ids.js';

export type Scope = 'cpm/sync' | 'cpm/participate' | 'cpm/admin';
export type HttpEvent = APIGatewayProxyEventV2WithJWTAuthorizer;

/**
 * Who is calling, from the claims that API Gateway has verified, and from nothing else. The gateway has checked the
 * scope too; this is the second lock, should a route lose its own.
 * @throws SyncProblem `unauthorized` without a usable `sub`, `insufficient-scope` without the scope.
 */
export function callerOf(event: HttpEvent, scope: Scope): UserId {
  const claims = event.requestContext.authorizer?.jwt?.claims ?? {};
  const sub = userIdSchema.safeParse(claims.sub);
  if (!sub.success) throw new SyncProblem('unauthorized');
  const scopes = typeof claims.scope === 'string' ? claims.scope.split(' ') : [];
  if (!scopes.includes(scope)) throw new SyncProblem('insufficient-scope', { detail: `${scope} is needed` });
  return sub.data;
}
