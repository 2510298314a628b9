import * as z from 'zod/mini';
import type { UserId } from '../../../protocol/ids.js';
import { boxTag, deviceTag, logger } from '../observability/log.js';
import type { Answer } from './answer.js';
import { callerOf, type HttpEvent, type Scope } from './caller.js';
import { parsed, parsedPath } from './parsed.js';
import { readJsonBody } from './request-body.js';

type Schemas = Readonly<Record<string, z.ZodMiniType>>;
type Values<Path extends Schemas> = { readonly [Name in keyof Path]: z.infer<Path[Name]> };

/** What a route asks of a request: its scope, and the schemas of its path, query and body. Without one it takes none. */
export interface RouteSpec<Path extends Schemas, Query extends z.ZodMiniType, Body extends z.ZodMiniType> {
  readonly scope: Scope;
  readonly path?: Path;
  readonly query?: Query;
  readonly body?: Body;
}

/** A request that is as the route asks. `caller`: `sub` of the token. */
export interface HttpRequest<Path, Query, Body> {
  readonly caller: UserId;
  readonly path: Path;
  readonly query: Query;
  readonly body: Body;
}

export interface Route {
  readonly scope: Scope;
  handle(event: HttpEvent): Promise<Answer>;
}

const noQuery = z.strictObject({});

/** A route: parses, and then calls `answer`, which does what the route is for. */
export function route<
  Path extends Schemas = Schemas,
  Query extends z.ZodMiniType = z.ZodMiniType,
  Body extends z.ZodMiniType = z.ZodMiniType,
>(
  spec: RouteSpec<Path, Query, Body>,
  answer: (request: HttpRequest<Values<Path>, z.infer<Query>, z.infer<Body>>) => Promise<Answer>,
): Route {
  return {
    scope: spec.scope,
    async handle(event) {
      const caller = callerOf(event, spec.scope);
      logger.appendKeys({ caller: boxTag(caller) });
      // API Gateway has decoded the parts of the path already.
      const path = parsedPath(spec.path ?? {}, event.pathParameters ?? {}) as Values<Path>;
      const query = parsed(spec.query ?? noQuery, event.queryStringParameters ?? {});
      const body = spec.body ? parsed(spec.body, readJsonBody(event)) : undefined;
      logger.appendKeys(subjectOf(path, query, body));
      return answer({ caller, path, query: query as z.infer<Query>, body: body as z.infer<Body> });
    },
  };
}

/** The box and the device that a request names, as the lines of its log call them. */
function subjectOf(...parts: readonly unknown[]): { box?: string; device?: string } {
  const { userId, deviceId }: { userId?: unknown; deviceId?: unknown } = Object.assign({}, ...parts);
  return {
    ...(typeof userId === 'string' && { box: boxTag(userId) }),
    ...(typeof deviceId === 'string' && { device: deviceTag(deviceId) }),
  };
}
