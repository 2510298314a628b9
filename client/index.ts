/** The Message Storage Client SDK: `import { MessageStorageClient, httpTransport, memoryStore } from 'cpm-sync/client'`. */
export type { Device } from '../protocol/device.js';
export type * from '../protocol/elements/element.js';
export type { HistoryResponse } from '../protocol/history.js';
export { messageIdOf } from '../protocol/message-id.js';
export type { Operation, OperationInput } from '../protocol/operation.js';
export type { OperationResult, OperationStatus } from '../protocol/operation-result.js';
export type { Effective, Preferences } from '../protocol/preferences.js';
export type { SyncResponse } from '../protocol/sync-response.js';
export type { Applied, Dropped } from './apply-changes.js';
export type { Condition, MessageDraft, MessageOptions } from './box-writer.js';
export type { ClientEvents, ClientOptions, ClientStatus } from './client-options.js';
export type { ConnectionTimings } from './connection.js';
export type { Counts } from './counts.js';
export type { Environment } from './environment.js';
export type { Change } from './held/derived.js';
export type {
  ConversationItem,
  FolderItem,
  Listed,
  MessageItem,
  SessionItem,
} from './held/queries.js';
export type { HttpOptions, TokenSource } from './http-caller.js';
export { MessageStorageClient } from './message-storage-client.js';
export { isDenial, ServerProblem, UnexpectedAnswer, Unreachable } from './server-problem.js';
export type { WebSocketConstructor, WebSocketLike } from './socket.js';
export type { Entry, KeyRange, LocalStore, StoreTransaction } from './store/local-store.js';
export { memoryStore } from './store/memory-store.js';
export type { TabChannel, TabHandlers } from './store/tabs.js';
export type { RenewalReason, SyncReport } from './synchronizer.js';
export { type AskedHistory, httpTransport, type Transport } from './transport.js';
export { InvalidOperation } from './write/invalid-operation.js';
export type { Numbered } from './write/queue.js';
export type { Settled } from './write/settle.js';
