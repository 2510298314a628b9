/** The Message Storage Client SDK: `import { MessageStorageClient, httpTransport, memoryStore } from 'cpm-sync/client'`. */
export type * from '../protocol/elements/element.js';
export { messageIdOf } from '../protocol/message-id.js';
export type { Preferences } from '../protocol/preferences.js';
export type { Applied, Dropped } from './apply-changes.js';
export type { ConnectionTimings } from './connection.js';
export type { Counts } from './counts.js';
export type { HttpOptions, TokenSource } from './http-caller.js';
export type { ElementKey, Held, LocalStore, StoreTransaction, SyncState } from './local-store.js';
export { memoryStore } from './memory-store.js';
export {
  type ClientEvents,
  type ClientOptions,
  type ClientStatus,
  MessageStorageClient,
} from './message-storage-client.js';
export { isDenial, ServerProblem, UnexpectedAnswer, Unreachable } from './server-problem.js';
export type { WebSocketConstructor, WebSocketLike } from './socket.js';
export type { SyncReport } from './synchronizer.js';
export { httpTransport, type Transport } from './transport.js';
