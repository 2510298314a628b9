import type * as z from 'zod/mini';
import { boxSchema, watchedDeviceListSchema } from '../../protocol/box.js';
import { deviceListSchema, deviceSchema, ticketSchema } from '../../protocol/device.js';
import { deviceRegistrationSchema } from '../../protocol/device-registration.js';
import { ELEMENT_TYPES } from '../../protocol/elements/element-types.js';
import { historyResponseSchema } from '../../protocol/history.js';
import {
  ELEMENT_MAX_BYTES,
  FRAME_MAX_BYTES,
  OPERATIONS_MAX,
  PAGE_MAX,
  REQUEST_MAX_BYTES,
  TICKET_SECONDS,
} from '../../protocol/limits.js';
import { messageIdOf } from '../../protocol/message-id.js';
import { depositRequestSchema, depositResponseSchema } from '../../protocol/participating.js';
import { policyAssignmentSchema, policySchema } from '../../protocol/policy.js';
import { PROBLEMS, type ProblemKind, problemType } from '../../protocol/problem.js';
import { syncRequestSchema, syncResponseSchema } from '../../protocol/sync.js';
import { nameOf } from './components.js';
import type { JsonObject } from './json.js';

/** Examples of one body, by what they show. */
export type Examples = Readonly<Record<string, JsonObject>>;

const [USER, FRIEND] = ['tel:+15550100', 'tel:+15550101'];
const REQUEST_ID = 'JKJaXmPLvHcESHA=';

const sent = {
  date: '2026-01-31T08:15:00Z',
  direction: 'Out',
  from: USER,
  to: [FRIEND],
  messageContext: 'chat-message',
  contentType: 'text/plain',
  textContent: 'On my way',
  imdnMessageId: 'Pk3z',
};
const received = {
  date: '2026-01-31T08:16:30Z',
  direction: 'In',
  from: FRIEND,
  to: [USER],
  messageContext: 'chat-message',
  contentType: 'text/plain',
  textContent: 'See you there',
  imdnMessageId: 'Qm7a',
};
const sentId = messageIdOf(sent.date, sent.imdnMessageId);
const receivedId = messageIdOf(received.date, received.imdnMessageId);
const conversation = { kind: 'oneToOne', participants: [USER, FRIEND] };

const operations = [
  {
    n: 41,
    op: 'create',
    type: 'message',
    id: sentId,
    conversationId: 'c9',
    data: sent,
    conversation,
  },
  {
    n: 42,
    op: 'modify',
    type: 'messageState',
    id: receivedId,
    conversationId: 'c9',
    data: { addFlags: ['\\Seen'] },
  },
  {
    n: 43,
    op: 'modify',
    type: 'conversationHistory',
    id: 'c9',
    data: { folderId: 'family' },
    ifModSeq: 812,
  },
  {
    n: 44,
    op: 'delete',
    type: 'message',
    id: messageIdOf('2026-01-30T19:00:00Z', 'Ab1c'),
    conversationId: 'c9',
  },
];
const results = [
  { n: 41, status: 'applied', modSeq: 813 },
  { n: 42, status: 'unchanged' },
  {
    n: 43,
    status: 'conflict',
    current: {
      type: 'conversationHistory',
      id: 'c9',
      modSeq: 809,
      ...conversation,
      folderId: 'default',
      createdModSeq: 790,
    },
  },
  { n: 44, status: 'applied', modSeq: 813 },
];
const message = { type: 'message', id: receivedId, modSeq: 811, conversationId: 'c9', ...received };
const messageState = {
  type: 'messageState',
  id: receivedId,
  modSeq: 811,
  conversationId: 'c9',
  flags: ['\\Seen'],
  dispositions: [{ participant: FRIEND, disposition: 'displayed', at: '2026-01-31T08:17:00Z' }],
};
const changes = [
  { type: 'folder', id: 'family', modSeq: 807, name: 'Family', parentFolderId: 'RCSMessageStore' },
  message,
  messageState,
  { type: 'conversationHistory', id: 'c4', modSeq: 808, removed: 'outOfScope' },
];
const SYNC_TOKEN = 'AQe3kXb0Yw';
const NEXT_TOKEN = 'AQe4mZc1Zx';

const syncRequest: Examples = {
  initial: { deviceId: 'phone', instanceId: 'b7e0' },
  operations: { deviceId: 'phone', instanceId: 'b7e0', syncToken: SYNC_TOKEN, operations, limit: 200 },
};
const backfilled = {
  changes,
  syncToken: NEXT_TOKEN,
  hasMore: true,
  backfill: { sent: 400, total: 5000 },
  nextSyncAfterSeconds: 300,
};
const syncResponse: Examples = {
  nothingChanged: { syncToken: NEXT_TOKEN },
  resultsAndChanges: { results, changes, syncToken: NEXT_TOKEN },
  backfill: backfilled,
};
const historyResponse: Examples = { page: { elements: [message, messageState], next: receivedId } };

const depositRequest: Examples = {
  message: {
    operations: [
      { op: 'create', type: 'message', id: receivedId, conversationId: 'c9', data: received, conversation },
    ],
  },
  report: {
    operations: [
      {
        op: 'modify',
        type: 'messageState',
        id: sentId,
        conversationId: 'c9',
        data: {
          dispositions: [{ participant: FRIEND, disposition: 'delivered', at: '2026-01-31T08:15:02Z' }],
        },
      },
    ],
  },
};
const depositResponse: Examples = {
  stored: { results: [{ status: 'applied', modSeq: 811 }], modSeq: 811 },
  storedBefore: { results: [{ status: 'unchanged' }], modSeq: 811 },
};

const preferences = {
  elementTypes: [...ELEMENT_TYPES],
  folders: '*',
  excludeConversations: ['c7'],
  maxMessageAgeDays: 90,
  maxTextBytes: 16_384,
  serverInitiated: true,
  pushWindowMs: 1000,
};
const device = {
  deviceId: 'phone',
  instanceId: 'b7e0',
  name: 'Pixel 9',
  preferences,
  effective: { ...preferences, maxMessageAgeDays: { 'chat-message': 90, 'fax-message': 30 } },
  scopeVersion: 3,
  lastN: 44,
  limits: {
    operationsPerRequest: OPERATIONS_MAX,
    requestBytes: REQUEST_MAX_BYTES,
    elementBytes: ELEMENT_MAX_BYTES,
    elementsPerResponse: PAGE_MAX,
    frameBytes: FRAME_MAX_BYTES,
  },
};
const deviceRegistration: Examples = {
  everything: { instanceId: 'b7e0', name: 'Pixel 9' },
  preferences: { instanceId: 'b7e0', name: 'Pixel 9', preferences },
};
const deviceShown: Examples = { device };
const deviceList: Examples = { devices: { devices: [device] } };
const standing = {
  syncedModSeq: 801,
  syncedAt: '2026-01-31T07:59:12.345Z',
  lag: 12,
  connection: { connectedAt: '2026-01-31T07:40:00.000Z' },
  pendingRequest: { dueAt: '2026-01-31T08:16:31.000Z' },
};
const watchedDeviceList: Examples = {
  devices: { devices: [{ ...device, policyId: 'kiosk', ...standing }] },
};
const TICKET = 'fY0Zr5o2WwKd1JcB8uQm3xTnE7aLhSgV';
const ticket: Examples = {
  ticket: {
    ticket: TICKET,
    url: `wss://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/v1?ticket=${TICKET}`,
    expiresInSeconds: TICKET_SECONDS,
  },
};

const policy: Examples = {
  unlimited: {},
  limited: {
    elementTypes: ['message', 'messageState'],
    maxMessageAgeDays: { 'chat-message': 365, 'fax-message': 30 },
    maxDevices: 10,
    maxTextBytes: 65_536,
    syncTimerSeconds: 300,
    minPushWindowMs: 1000,
  },
};
const box: Examples = {
  box: {
    policyId: 'family-plan',
    policy: policy.limited as JsonObject,
    modSeq: 813,
    changedAt: '2026-01-31T08:16:30.480Z',
    counts: { folder: 3, conversationHistory: 14, sessionHistory: 2, message: 1204, messageState: 977 },
    bytes: 612_480,
    devices: [
      { deviceId: 'phone', name: 'Pixel 9', ...standing },
      {
        deviceId: 'tablet',
        syncedModSeq: 640,
        syncedAt: '2026-01-12T20:03:44.120Z',
        lag: 173,
        pendingRequest: { onConnect: true },
      },
    ],
  },
};
const policyAssignment: Examples = { policy: { policyId: 'family-plan' } };

/** Examples of the bodies of requests and responses, by their schemas. */
const EXAMPLES = new Map<z.ZodMiniType, Examples>([
  [syncRequestSchema, syncRequest],
  [syncResponseSchema, syncResponse],
  [historyResponseSchema, historyResponse],
  [depositRequestSchema, depositRequest],
  [depositResponseSchema, depositResponse],
  [deviceRegistrationSchema, deviceRegistration],
  [deviceSchema, deviceShown],
  [deviceListSchema, deviceList],
  [watchedDeviceListSchema, watchedDeviceList],
  [ticketSchema, ticket],
  [policySchema, policy],
  [boxSchema, box],
  [policyAssignmentSchema, policyAssignment],
]);

/** @throws Error when the schema has no example */
export function examplesOf(schema: z.ZodMiniType): Examples {
  const examples = EXAMPLES.get(schema);
  if (!examples) throw new Error(`${nameOf(schema)} must have an example in scripts/docs/examples.ts`);
  return examples;
}

export const PATH_EXAMPLES: Readonly<Record<string, string>> = {
  conversationId: 'c9',
  deviceId: 'phone',
  policyId: 'family-plan',
  userId: USER,
};
export const QUERY_EXAMPLES: Readonly<Record<string, string | number>> = {
  before: receivedId,
  deviceId: 'phone',
  limit: 50,
};

const DETAILS: Partial<Record<ProblemKind, JsonObject>> = {
  'invalid-request': { errors: [{ pointer: '/limit', detail: `must be at most ${PAGE_MAX}` }] },
  'operation-gap': { expectedN: 42 },
};

/** A problem document as it is answered. */
export const problem = (kind: ProblemKind): JsonObject => {
  const { status, title } = PROBLEMS[kind];
  return { type: problemType(kind), title, status, requestId: REQUEST_ID, ...DETAILS[kind] };
};

export const frames = {
  sync: {
    initial: { action: 'sync', id: 'r1' },
    operations: { action: 'sync', id: 'r2', syncToken: SYNC_TOKEN, operations: operations.slice(0, 2) },
  },
  ping: { ping: { action: 'ping' } },
  syncRequest: {
    changes: {
      type: 'syncRequest',
      modSeq: 811,
      changes: { message: 3, messageState: 10 },
      conversations: ['c9'],
    },
  },
  syncResponse: {
    nothingChanged: { type: 'syncResponse', id: 'r1', syncToken: NEXT_TOKEN },
    backfill: { type: 'syncResponse', id: 'r1', ...backfilled },
  },
  pong: { pong: { type: 'pong' } },
  error: {
    invalid: { type: 'error', id: 'r1', problem: problem('invalid-request') },
    busy: { type: 'error', id: 'r1', problem: problem('busy') },
  },
} satisfies Record<string, Examples>;
