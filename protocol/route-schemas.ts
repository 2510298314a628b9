import type * as z from 'zod/mini';
import { boxSchema, watchedDeviceListSchema } from './box.js';
import { deviceListSchema, deviceSchema, ticketSchema } from './device.js';
import { deviceRegistrationSchema } from './device-registration.js';
import { historyResponseSchema } from './history.js';
import { historyQuerySchema } from './history-query.js';
import { depositRequestSchema, depositResponseSchema } from './participating.js';
import { policyAssignmentSchema, policySchema } from './policy.js';
import type { ProblemKind } from './problem.js';
import type { RouteKey } from './routes.js';
import { syncRequestSchema, syncResponseSchema } from './sync.js';

/** A successful response. Without a schema it has no body. */
export interface RouteResponse {
  readonly about: string;
  readonly schema?: z.ZodMiniType;
}

/** Contract of a route beside its scope and its path. Without `query` or `request` the route refuses a query, or ignores a body. */
export interface RouteSchemas {
  readonly operationId: string;
  /** The first sentence is the summary. */
  readonly about: string;
  readonly query?: z.ZodMiniType;
  /** Body of the request. */
  readonly request?: z.ZodMiniType;
  /** Successful responses by status. */
  readonly responses: Readonly<Partial<Record<200 | 201 | 202 | 204, RouteResponse>>>;
  /** Kinds of problems beside those that any route can have. */
  readonly problems: readonly ProblemKind[];
}

/** The other half of the table in routes.ts. Functions import only its type, and each imports the schemas that it needs. */
export const ROUTE_SCHEMAS = {
  'POST /v1/sync': {
    operationId: 'synchronize',
    about: 'Synchronize: send operations, receive changes.',
    request: syncRequestSchema,
    responses: {
      200: {
        about: 'The results and changes.',
        schema: syncResponseSchema,
      },
    },
    problems: ['device-not-registered', 'operation-gap', 'operation-mismatch', 'instance-replaced', 'busy'],
  },

  'GET /v1/devices': {
    operationId: 'listDevices',
    about: 'List the devices of the own box.',
    responses: { 200: { about: 'The devices.', schema: deviceListSchema } },
    problems: ['busy'],
  },
  'GET /v1/devices/{deviceId}': {
    operationId: 'showDevice',
    about: 'Show a device of the own box.',
    responses: { 200: { about: 'The device.', schema: deviceSchema } },
    problems: ['not-found', 'busy'],
  },
  'PUT /v1/devices/{deviceId}': {
    operationId: 'registerDevice',
    about: 'Register or change a device. The first use creates the box.',
    request: deviceRegistrationSchema,
    responses: {
      200: { about: 'Changed.', schema: deviceSchema },
      201: { about: 'Registered.', schema: deviceSchema },
    },
    problems: ['too-many-devices', 'busy'],
  },
  'DELETE /v1/devices/{deviceId}': {
    operationId: 'revokeDevice',
    about: 'Revoke a device. The server closes its connection and refuses its later requests.',
    responses: { 204: { about: 'Revoked.' } },
    problems: ['not-found', 'busy'],
  },
  'POST /v1/devices/{deviceId}/tickets': {
    operationId: 'issueTicket',
    about: 'Issue a ticket for one WebSocket connection. It expires after 60 s.',
    responses: { 201: { about: 'The ticket.', schema: ticketSchema } },
    problems: ['device-not-registered', 'busy'],
  },
  'GET /v1/box': {
    operationId: 'showOwnBox',
    about: 'Show the own box: its counts, and the progress of its devices.',
    responses: { 200: { about: 'The box.', schema: boxSchema } },
    problems: ['not-found', 'busy'],
  },

  'GET /v1/conversations/{conversationId}/messages': {
    operationId: 'listMessages',
    about:
      "List messages with their states, newest first, in full and without the scope's age limit. A conversation history that is unknown, of another user or outside of the device's folders is answered 404.",
    query: historyQuerySchema,
    responses: {
      200: {
        about: 'The messages.',
        schema: historyResponseSchema,
      },
    },
    problems: ['device-not-registered', 'not-found', 'busy'],
  },

  'POST /v1/users/{userId}/operations': {
    operationId: 'deposit',
    about:
      'Deposit operations of the Participating Function, idempotent by id. The first use creates the box. Each device with a change in its scope gets a synchronization request.',
    request: depositRequestSchema,
    responses: {
      200: {
        about: 'The results.',
        schema: depositResponseSchema,
      },
    },
    problems: ['busy'],
  },

  'GET /v1/policies/{policyId}': {
    operationId: 'showPolicy',
    about: 'Show a policy. `default` always exists.',
    responses: { 200: { about: 'The policy.', schema: policySchema } },
    problems: ['not-found'],
  },
  'PUT /v1/policies/{policyId}': {
    operationId: 'putPolicy',
    about: 'Create or replace a policy. The response comes when the policy applies everywhere.',
    request: policySchema,
    responses: { 200: { about: 'The policy.', schema: policySchema } },
    problems: [],
  },
  'GET /v1/users/{userId}/box': {
    operationId: 'showBox',
    about: 'Show the box of a user: its counts, and the progress of its devices.',
    responses: { 200: { about: 'The box.', schema: boxSchema } },
    problems: ['not-found', 'busy'],
  },
  'PUT /v1/users/{userId}/box': {
    operationId: 'assignPolicyToBox',
    about: 'Assign a policy to the box of a user. The first use creates the box.',
    request: policyAssignmentSchema,
    responses: { 200: { about: 'Assigned.', schema: policyAssignmentSchema } },
    problems: ['not-found', 'busy'],
  },
  'DELETE /v1/users/{userId}/box': {
    operationId: 'eraseBox',
    about:
      'Erase the box of a user. The server disconnects its devices and answers `busy` until every element, log entry and device record is deleted. Then the box does not exist, and can be created again. A repeated request resumes.',
    responses: { 202: { about: 'The server erases the box.' } },
    problems: ['not-found', 'busy'],
  },
  'GET /v1/users/{userId}/devices': {
    operationId: 'listDevicesOfUser',
    about: 'List the devices of a user, with the progress of each.',
    responses: { 200: { about: 'The devices.', schema: watchedDeviceListSchema } },
    problems: ['busy'],
  },
  'PUT /v1/users/{userId}/devices/{deviceId}': {
    operationId: 'assignPolicyToDevice',
    about: 'Assign a policy to one device, beside the policy of its box. It can only narrow that one.',
    request: policyAssignmentSchema,
    responses: { 200: { about: 'Assigned.', schema: policyAssignmentSchema } },
    problems: ['not-found', 'busy'],
  },
} as const satisfies Readonly<Record<RouteKey, RouteSchemas>>;
