import * as z from 'zod/mini';
import type { UserId } from '../../../protocol/ids.js';
import type { ROUTE_SCHEMAS } from '../../../protocol/route-schemas.js';
import {
  type HttpFunctionName,
  type OAuthScope,
  PATH_PARTS,
  type PathOf,
  pathPartsOf,
  ROUTES,
  type RouteKey,
  type RouteOf,
} from '../../../protocol/routes.js';
import { boxTag, deviceTag, logger } from '../observability/log.js';
import { callerOf, type HttpEvent } from './caller.js';
import type { HttpResponse } from './http-response.js';
import { readJsonBody } from './request-body.js';
import { validatePath, validateRequest } from './validate-request.js';

type Schemas = Readonly<Record<string, z.ZodMiniType>>;
type Values<Path extends Schemas> = { readonly [Name in keyof Path]: z.infer<Path[Name]> };

/** Requirements of a route: its scope, and the schemas of its path, query and body. Without a schema the part is absent. */
export interface RouteSpec<Path extends Schemas, Query extends z.ZodMiniType, Body extends z.ZodMiniType> {
  readonly scope: OAuthScope;
  readonly path?: Path;
  readonly query?: Query;
  readonly body?: Body;
}

/** A valid request. `caller`: `sub` of the token. */
export interface HttpRequest<Path, Query, Body> {
  readonly caller: UserId;
  readonly path: Path;
  readonly query: Query;
  readonly body: Body;
}

export interface Route {
  readonly scope: OAuthScope;
  readonly query?: z.ZodMiniType;
  readonly body?: z.ZodMiniType;
  handle(event: HttpEvent): Promise<HttpResponse>;
}

const noQuery = z.strictObject({});

/** A route that validates a request and then calls `respond`. */
export function route<
  Path extends Schemas = Schemas,
  Query extends z.ZodMiniType = z.ZodMiniType,
  Body extends z.ZodMiniType = z.ZodMiniType,
>(
  spec: RouteSpec<Path, Query, Body>,
  respond: (request: HttpRequest<Values<Path>, z.infer<Query>, z.infer<Body>>) => Promise<HttpResponse>,
): Route {
  return {
    ...spec,
    async handle(event) {
      const caller = callerOf(event, spec.scope);
      logger.appendKeys({ caller: boxTag(caller) });
      // API Gateway has already decoded the parts of the path.
      const path = validatePath(spec.path ?? {}, event.pathParameters ?? {}) as Values<Path>;
      const query = validateRequest(spec.query ?? noQuery, event.queryStringParameters ?? {});
      const body = spec.body ? validateRequest(spec.body, readJsonBody(event)) : undefined;
      logger.appendKeys(subjectOf(path, query, body));
      return respond({ caller, path, query: query as z.infer<Query>, body: body as z.infer<Body> });
    },
  };
}

type Contract = typeof ROUTE_SCHEMAS;
type Parsed<Key extends RouteKey, Member extends 'query' | 'request'> = Contract[Key] extends {
  readonly [M in Member]: infer Schema extends z.ZodMiniType;
}
  ? z.infer<Schema>
  : undefined;

/** The handler of a route of the table: the schemas that the table has for its requests, and the response to one. */
export type RouteHandler<Key extends RouteKey> = Pick<
  Contract[Key],
  Extract<keyof Contract[Key], 'query' | 'request'>
> & {
  readonly respond: (
    request: HttpRequest<PathOf<Key>, Parsed<Key, 'query'>, Parsed<Key, 'request'>>,
  ) => Promise<HttpResponse>;
};

/** The routes of a function, each with its scope and path of the table. A missing route does not compile. */
export function routesOf<Name extends HttpFunctionName>(
  handlers: {
    readonly [Key in RouteOf<Name>]: RouteHandler<Key>;
  },
): Readonly<Record<string, Route>> {
  const entries = Object.entries(handlers) as [RouteKey, AnyHandler][];
  return Object.fromEntries(
    entries.map(([key, { query, request, respond }]) => {
      const path = Object.fromEntries(pathPartsOf(key).map((name) => [name, PATH_PARTS[name]]));
      const { scope } = ROUTES[key];
      return [
        key,
        route({ scope, path, ...(query && { query }), ...(request && { body: request }) }, respond),
      ];
    }),
  );
}

interface AnyHandler {
  readonly query?: z.ZodMiniType;
  readonly request?: z.ZodMiniType;
  readonly respond: (request: HttpRequest<unknown, unknown, unknown>) => Promise<HttpResponse>;
}

/** Tags of the box and the device that a request names, for the lines of its log. */
function subjectOf(...parts: readonly unknown[]): { box?: string; device?: string } {
  const { userId, deviceId }: { userId?: unknown; deviceId?: unknown } = Object.assign({}, ...parts);
  return {
    ...(typeof userId === 'string' && { box: boxTag(userId) }),
    ...(typeof deviceId === 'string' && { device: deviceTag(deviceId) }),
  };
}
