import type * as z from 'zod/mini';
import { conversationIdSchema, deviceIdSchema, policyIdSchema, userIdSchema } from './ids.js';

/** OAuth scopes with the party that gets each, and what the scope permits. Source: RULES.md, AU3. */
export const OAUTH_SCOPES = {
  'cpm/sync': 'Message Storage Client: synchronize the own box',
  'cpm/participate': 'Participating Function: deposit for any user',
  'cpm/admin': 'Service provider: policies, boxes and devices',
} as const;
export type OAuthScope = keyof typeof OAUTH_SCOPES;

/**
 * The table of HTTP routes: the function that answers a route, and the scope that its tokens need.
 * The API, the handlers, the OpenAPI document and README.md derive from it. `route-schemas.ts` has the schemas of each
 * route apart, because every function bundles this table.
 */
export const ROUTES = {
  'POST /v1/sync': { function: 'sync', scope: 'cpm/sync' },
  'PUT /v1/devices/{deviceId}': { function: 'devices', scope: 'cpm/sync' },
  'GET /v1/devices/{deviceId}': { function: 'devices', scope: 'cpm/sync' },
  'GET /v1/devices': { function: 'devices', scope: 'cpm/sync' },
  'DELETE /v1/devices/{deviceId}': { function: 'devices', scope: 'cpm/sync' },
  'POST /v1/devices/{deviceId}/tickets': { function: 'devices', scope: 'cpm/sync' },
  'GET /v1/box': { function: 'devices', scope: 'cpm/sync' },
  'GET /v1/conversations/{conversationId}/messages': { function: 'history', scope: 'cpm/sync' },
  'POST /v1/users/{userId}/operations': { function: 'participating', scope: 'cpm/participate' },
  'GET /v1/policies/{policyId}': { function: 'admin', scope: 'cpm/admin' },
  'PUT /v1/policies/{policyId}': { function: 'admin', scope: 'cpm/admin' },
  'GET /v1/users/{userId}/box': { function: 'admin', scope: 'cpm/admin' },
  'PUT /v1/users/{userId}/box': { function: 'admin', scope: 'cpm/admin' },
  'DELETE /v1/users/{userId}/box': { function: 'admin', scope: 'cpm/admin' },
  'GET /v1/users/{userId}/devices': { function: 'admin', scope: 'cpm/admin' },
  'PUT /v1/users/{userId}/devices/{deviceId}': { function: 'admin', scope: 'cpm/admin' },
} as const satisfies Record<
  `${'GET' | 'PUT' | 'POST' | 'DELETE'} /v1/${string}`,
  { readonly function: string; readonly scope: OAuthScope }
>;

/** Method and path of a route, as `POST /v1/sync`. */
export type RouteKey = keyof typeof ROUTES;
/** Name of a function that answers HTTP routes, and of its folder in functions/. */
export type HttpFunctionName = (typeof ROUTES)[RouteKey]['function'];
/** Routes that a function answers. */
export type RouteOf<Name extends HttpFunctionName> = {
  [Key in RouteKey]: Name extends (typeof ROUTES)[Key]['function'] ? Key : never;
}[RouteKey];

type PartOf<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | PartOf<Rest>
  : never;

/** Schemas of the variable parts of paths, by name. */
export const PATH_PARTS = {
  conversationId: conversationIdSchema,
  deviceId: deviceIdSchema,
  policyId: policyIdSchema,
  userId: userIdSchema,
} satisfies Record<PartOf<RouteKey>, z.ZodMiniType>;

/** Values of the variable parts of a route's path. */
export type PathOf<Key extends RouteKey> = {
  readonly [Name in PartOf<Key>]: z.infer<(typeof PATH_PARTS)[Name]>;
};

/** Names of the variable parts of a path, in their order. */
export const pathPartsOf = (path: string): (keyof typeof PATH_PARTS)[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as keyof typeof PATH_PARTS);
