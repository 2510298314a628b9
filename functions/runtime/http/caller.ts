import type { APIGatewayProxyEventV2WithJWTAuthorizer } from 'aws-lambda';
import { SyncProblem } from '../../../core/model/sync-problem.js';
import { type UserId, userIdSchema } from '../../../protocol/ids.js';
import type { OAuthScope } from '../../../protocol/routes.js';

export type HttpEvent = APIGatewayProxyEventV2WithJWTAuthorizer;

/**
 * The CPM User that calls, from the claims that API Gateway has verified, and from nothing else. The gateway checks the
 * scope too. This second check protects a route that has lost the scope in the gateway.
 * @throws SyncProblem `unauthorized` without a usable `sub`, `insufficient-scope` without the scope.
 */
export function callerOf(event: HttpEvent, scope: OAuthScope): UserId {
  const claims = event.requestContext.authorizer?.jwt?.claims ?? {};
  const sub = userIdSchema.safeParse(claims.sub);
  if (!sub.success) throw new SyncProblem('unauthorized');
  const scopes = typeof claims.scope === 'string' ? claims.scope.split(' ') : [];
  if (!scopes.includes(scope))
    throw new SyncProblem('insufficient-scope', { detail: `The token must have the scope ${scope}` });
  return sub.data;
}
