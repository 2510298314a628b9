/** The Message Storage Client SDK: `import { MessageStorageClient, httpTransport, memoryStore } from 'cpm-sync/client'`. */
export type { Device } from '../protocol/device.js';
export type * from '../protocol/elements/element.js';
export type { HistoryResponse } from '../protocol/history.js';
export { messageIdOf } from '../protocol/message-id.js';
export type { Operation, OperationInput } from '../protocol/operation.js';
export type { OperationResult, OperationStatus } from '../protocol/operation-result.js';
export type { Effective, Preferences } from '../protocol/preferences.js';
export type { SyncResponse } from '../protocol/sync-response.js';
export type { Condition, MessageDraft, MessageOptions } from './api/box-writer.js';
export type { ClientOptions } from './api/client-options.js';
export { MessageStorageClient } from './api/message-storage-client.js';
export type { Applied, Dropped } from './local-state/change-applier.js';
export type { Counts } from './local-state/counts.js';
export type { ViewChange } from './local-state/derive.js';
export type {
  ConversationItem,
  FolderItem,
  MessageItem,
  Paged,
  SessionItem,
} from './local-state/queries.js';
export { InvalidOperation } from './outbox/invalid-operation.js';
export type { Numbered } from './outbox/queued-operation.js';
export type { Settled } from './outbox/settle.js';
export type { Entry, KeyRange, LocalStore, StoreTransaction } from './stores/local-store.js';
export { memoryStore } from './stores/memory-store.js';
export type { TabChannel } from './stores/tab-channel.js';
export type { ClientEvents, ClientStatus } from './sync/client-events.js';
export type { ConnectionTimings } from './sync/connection.js';
export type { Environment } from './sync/environment.js';
export type { HttpOptions, TokenSource } from './sync/http-caller.js';
export { isDenial, ServerProblem, UnexpectedAnswer, Unreachable } from './sync/server-problem.js';
export type { WebSocketConstructor, WebSocketLike } from './sync/socket.js';
export type { RenewalReason, SyncReport } from './sync/synchronizer.js';
export { type HistoryRequest, httpTransport, type Transport } from './sync/transport.js';
