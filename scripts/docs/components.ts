import * as z from 'zod/mini';
import * as box from '../../protocol/box.js';
import * as device from '../../protocol/device.js';
import { deviceRegistrationSchema } from '../../protocol/device-registration.js';
import { conversationCreateSchema } from '../../protocol/elements/conversation-create.js';
import * as conversation from '../../protocol/elements/conversation-history.js';
import * as element from '../../protocol/elements/element.js';
import * as folder from '../../protocol/elements/folder.js';
import * as message from '../../protocol/elements/message.js';
import * as state from '../../protocol/elements/message-state.js';
import * as patches from '../../protocol/elements/patches.js';
import * as session from '../../protocol/elements/session-history.js';
import * as frames from '../../protocol/frames.js';
import * as history from '../../protocol/history.js';
import { historyQuerySchema } from '../../protocol/history-query.js';
import { idSchema, modSeqSchema } from '../../protocol/ids.js';
import { numberedOperationSchema, plainOperationSchema } from '../../protocol/numbered-operation.js';
import { operationSchemas } from '../../protocol/operation.js';
import { operationResultSchema } from '../../protocol/operation-result.js';
import { depositRequestSchema, depositResponseSchema } from '../../protocol/participating.js';
import { policyAssignmentSchema, policySchema } from '../../protocol/policy.js';
import { effectiveSchema, preferencesSchema } from '../../protocol/preferences.js';
import { faultSchema, problemSchema } from '../../protocol/problem.js';
import { syncRequestSchema, syncResponseSchema } from '../../protocol/sync.js';
import { instantSchema, uriSchema } from '../../protocol/text.js';

/** `create message` is documented as `CreateMessage`. */
const operationName = (kind: string): string =>
  kind
    .split(' ')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');

const operations = Object.fromEntries(
  Object.entries(operationSchemas).map(([kind, schema]) => [operationName(kind), schema]),
);

/** One schema for each kind, though the wire checks them one by one, so that one that is wrong holds no other back. */
export const operationSchema = z.union(Object.values(operations));

/** The body of an answer that API Gateway gives by itself. */
export const gatewayAnswerSchema = z.object({ message: z.string() });

/** The schemas that have a name in the documents; every other one is written out where it is used. */
export const COMPONENTS: Readonly<Record<string, z.ZodMiniType>> = {
  Id: idSchema,
  ModSeq: modSeqSchema,
  Instant: instantSchema,
  Uri: uriSchema,

  ElementType: element.elementTypeSchema,
  Element: element.elementSchema,
  Folder: element.folderElementSchema,
  ConversationHistory: element.conversationElementSchema,
  SessionHistory: element.sessionElementSchema,
  Message: element.messageElementSchema,
  MessageState: element.messageStateElementSchema,
  Removal: element.removalSchema,
  Change: element.changeSchema,

  FolderName: folder.folderNameSchema,
  FolderData: folder.folderDataSchema,
  FolderPatch: patches.folderPatchSchema,
  Participants: conversation.participantsSchema,
  ConversationSeed: conversation.conversationSeedSchema,
  ConversationHistoryData: conversationCreateSchema,
  ConversationHistoryPatch: patches.conversationPatchSchema,
  GroupState: session.groupStateSchema,
  SessionHistoryData: session.sessionDataSchema,
  SessionHistoryPatch: patches.sessionPatchSchema,
  MessageContext: message.messageContextSchema,
  PayloadPart: message.payloadPartSchema,
  MessageData: message.messageDataSchema,
  MessagePatch: patches.messagePatchSchema,
  Flag: state.flagSchema,
  Disposition: state.dispositionSchema,
  MessageStatePatch: patches.messageStatePatchSchema,

  ...operations,
  Operation: operationSchema,
  NumberedOperation: numberedOperationSchema,
  PlainOperation: plainOperationSchema,
  OperationResult: operationResultSchema,

  SyncRequest: syncRequestSchema,
  SyncResponse: syncResponseSchema,
  HistoryQuery: historyQuerySchema,
  HistoryResponse: history.historyResponseSchema,
  DepositRequest: depositRequestSchema,
  DepositResponse: depositResponseSchema,

  DeviceRegistration: deviceRegistrationSchema,
  Device: device.deviceSchema,
  ListedDevice: device.listedDeviceSchema,
  DeviceList: device.deviceListSchema,
  Limits: device.limitsSchema,
  Ticket: device.ticketSchema,
  Preferences: preferencesSchema,
  Effective: effectiveSchema,
  Policy: policySchema,
  Box: box.boxSchema,
  Counts: box.countsSchema,
  DeviceStanding: box.deviceStandingSchema,
  PendingRequest: box.pendingRequestSchema,
  WatchedDevice: box.watchedDeviceSchema,
  WatchedDeviceList: box.watchedDeviceListSchema,
  PolicyAssignment: policyAssignmentSchema,

  SyncFrame: frames.syncFrameSchema,
  PingFrame: frames.pingFrameSchema,
  SyncRequestFrame: frames.syncRequestFrameSchema,
  SyncResponseFrame: frames.syncResponseFrameSchema,
  PongFrame: frames.pongFrameSchema,
  ErrorFrame: frames.errorFrameSchema,

  Fault: faultSchema,
  Problem: problemSchema,
  GatewayAnswer: gatewayAnswerSchema,
};

const NAMES = new Map(Object.entries(COMPONENTS).map(([name, schema]) => [schema, name]));

/** @throws Error for a schema without a name: it belongs into `COMPONENTS`. */
export function nameOf(schema: z.ZodMiniType): string {
  const name = NAMES.get(schema);
  if (!name) throw new Error('a schema of a body or frame has no name in scripts/docs/components.ts');
  return name;
}
