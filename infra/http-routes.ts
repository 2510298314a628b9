import type { Scope } from './scopes.js';

/** Routes of the HTTP API by the function that answers them, each with the scope that a token needs for it. */
export const HTTP_ROUTES = {
  sync: { 'POST /v1/sync': 'cpm/sync' },
  devices: {
    'GET /v1/devices': 'cpm/sync',
    'GET /v1/devices/{deviceId}': 'cpm/sync',
    'PUT /v1/devices/{deviceId}': 'cpm/sync',
    'DELETE /v1/devices/{deviceId}': 'cpm/sync',
    'POST /v1/devices/{deviceId}/tickets': 'cpm/sync',
    'GET /v1/box': 'cpm/sync',
  },
  history: { 'GET /v1/conversations/{conversationId}/messages': 'cpm/sync' },
  participating: { 'POST /v1/users/{userId}/operations': 'cpm/participate' },
  admin: {
    'GET /v1/policies/{policyId}': 'cpm/admin',
    'PUT /v1/policies/{policyId}': 'cpm/admin',
    'GET /v1/users/{userId}/box': 'cpm/admin',
    'PUT /v1/users/{userId}/box': 'cpm/admin',
    'DELETE /v1/users/{userId}/box': 'cpm/admin',
    'GET /v1/users/{userId}/devices': 'cpm/admin',
    'PUT /v1/users/{userId}/devices/{deviceId}': 'cpm/admin',
  },
} as const satisfies Record<string, Record<string, Scope>>;

export type HttpFunctionName = keyof typeof HTTP_ROUTES;
