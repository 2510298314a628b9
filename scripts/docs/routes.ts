import type * as z from 'zod/mini';
import type { HTTP_ROUTES } from '../../infra/http-routes.js';
import { boxSchema, watchedDeviceListSchema } from '../../protocol/box.js';
import { deviceListSchema, deviceSchema, ticketSchema } from '../../protocol/device.js';
import { deviceRegistrationSchema } from '../../protocol/device-registration.js';
import { historyResponseSchema } from '../../protocol/history.js';
import { historyQuerySchema } from '../../protocol/history-query.js';
import { depositRequestSchema, depositResponseSchema } from '../../protocol/participating.js';
import { policyAssignmentSchema, policySchema } from '../../protocol/policy.js';
import type { ProblemKind } from '../../protocol/problem.js';
import { syncRequestSchema, syncResponseSchema } from '../../protocol/sync.js';
import type { Examples } from './examples.js';
import * as examples from './examples.js';

type UnionKeys<T> = T extends unknown ? keyof T : never;
/** Method and path of a route of the stack. */
export type RouteKey = UnionKeys<(typeof HTTP_ROUTES)[keyof typeof HTTP_ROUTES]>;

export interface Body {
  readonly schema: z.ZodMiniType;
  readonly examples: Examples;
}

export interface Success {
  readonly about: string;
  readonly body?: Body;
}

/** What a document says of a route beside its scope and what all routes have in common. */
export interface DocumentedRoute {
  readonly operationId: string;
  readonly about: string;
  readonly query?: z.ZodMiniType;
  readonly request?: Body;
  /** By status. */
  readonly success: Readonly<Partial<Record<200 | 201 | 202 | 204, Success>>>;
  /** Kinds of problems of its own. */
  readonly problems: readonly ProblemKind[];
}

const device: Body = { schema: deviceSchema, examples: examples.deviceShown };
const devices: Body = { schema: deviceListSchema, examples: examples.deviceList };
const watchedDevices: Body = { schema: watchedDeviceListSchema, examples: examples.watchedDeviceList };
const box: Body = { schema: boxSchema, examples: examples.box };
const policy: Body = { schema: policySchema, examples: examples.policy };
const assignment: Body = { schema: policyAssignmentSchema, examples: examples.policyAssignment };

export const ROUTES: Readonly<Record<RouteKey, DocumentedRoute>> = {
  'POST /v1/sync': {
    operationId: 'synchronize',
    about: 'Synchronization initiated by the client: send operations, receive changes.',
    request: { schema: syncRequestSchema, examples: examples.syncRequest },
    success: {
      200: {
        about: 'The synchronization has begun.',
        body: { schema: syncResponseSchema, examples: examples.syncResponse },
      },
    },
    problems: ['device-not-registered', 'operation-gap', 'operation-mismatch', 'instance-replaced', 'busy'],
  },

  'GET /v1/devices': {
    operationId: 'listDevices',
    about: 'List the devices of the own box.',
    success: { 200: { about: 'The devices.', body: devices } },
    problems: ['busy'],
  },
  'GET /v1/devices/{deviceId}': {
    operationId: 'showDevice',
    about: 'Show a device of the own box.',
    success: { 200: { about: 'The device.', body: device } },
    problems: ['not-found', 'busy'],
  },
  'PUT /v1/devices/{deviceId}': {
    operationId: 'registerDevice',
    about: 'Register or change a device. The box is made on first use.',
    request: { schema: deviceRegistrationSchema, examples: examples.deviceRegistration },
    success: {
      200: { about: 'Changed.', body: device },
      201: { about: 'Registered.', body: device },
    },
    problems: ['too-many-devices', 'busy'],
  },
  'DELETE /v1/devices/{deviceId}': {
    operationId: 'revokeDevice',
    about: 'Revoke a device: its connection is closed, and every later request of it is refused.',
    success: { 204: { about: 'Revoked.' } },
    problems: ['not-found', 'busy'],
  },
  'POST /v1/devices/{deviceId}/tickets': {
    operationId: 'issueTicket',
    about: 'A ticket for one WebSocket connection.',
    success: { 201: { about: 'The ticket.', body: { schema: ticketSchema, examples: examples.ticket } } },
    problems: ['device-not-registered', 'busy'],
  },
  'GET /v1/box': {
    operationId: 'showOwnBox',
    about: 'Show the own box: what there is in it, and where its devices stand.',
    success: { 200: { about: 'The box.', body: box } },
    problems: ['not-found', 'busy'],
  },

  'GET /v1/conversations/{conversationId}/messages': {
    operationId: 'listMessages',
    about:
      "History on demand: messages with their states, newest first, whole and older than the scope's age limit too. A conversation history outside the device's folders, unknown or of another user: 404, all alike.",
    query: historyQuerySchema,
    success: {
      200: {
        about: 'The messages.',
        body: { schema: historyResponseSchema, examples: examples.historyResponse },
      },
    },
    problems: ['device-not-registered', 'not-found', 'busy'],
  },

  'POST /v1/users/{userId}/operations': {
    operationId: 'deposit',
    about:
      'Operations of the Participating Function, idempotent by id. The box is made on first use; every device in whose scope a change falls is sent a synchronization request.',
    request: { schema: depositRequestSchema, examples: examples.depositRequest },
    success: {
      200: {
        about: 'The results.',
        body: { schema: depositResponseSchema, examples: examples.depositResponse },
      },
    },
    problems: ['busy'],
  },

  'GET /v1/policies/{policyId}': {
    operationId: 'showPolicy',
    about: 'Show a policy. `default` always exists.',
    success: { 200: { about: 'The policy.', body: policy } },
    problems: ['not-found'],
  },
  'PUT /v1/policies/{policyId}': {
    operationId: 'putPolicy',
    about: 'Make or replace a policy. The answer comes when it holds everywhere.',
    request: policy,
    success: { 200: { about: 'The policy.', body: policy } },
    problems: [],
  },
  'GET /v1/users/{userId}/box': {
    operationId: 'showBox',
    about: 'Show the box of a user: what there is in it, and where its devices stand.',
    success: { 200: { about: 'The box.', body: box } },
    problems: ['not-found', 'busy'],
  },
  'PUT /v1/users/{userId}/box': {
    operationId: 'assignPolicyToBox',
    about: 'Assign a policy to the box of a user, which is made where there is none.',
    request: assignment,
    success: { 200: { about: 'Assigned.', body: assignment } },
    problems: ['not-found', 'busy'],
  },
  'DELETE /v1/users/{userId}/box': {
    operationId: 'eraseBox',
    about:
      'Erase the box of a user: from then on its devices are disconnected and unknown, and requests for it are answered `busy` until every element, log entry and device record is gone. Then it is not found, and can be made anew. Asked again meanwhile, it goes on.',
    success: { 202: { about: 'It is being erased.' } },
    problems: ['not-found', 'busy'],
  },
  'GET /v1/users/{userId}/devices': {
    operationId: 'listDevicesOfUser',
    about: 'List the devices of a user, with where each stands.',
    success: { 200: { about: 'The devices.', body: watchedDevices } },
    problems: ['busy'],
  },
  'PUT /v1/users/{userId}/devices/{deviceId}': {
    operationId: 'assignPolicyToDevice',
    about: 'Assign a policy to one device, beside that of its box: it can only narrow.',
    request: assignment,
    success: { 200: { about: 'Assigned.', body: assignment } },
    problems: ['not-found', 'busy'],
  },
};
