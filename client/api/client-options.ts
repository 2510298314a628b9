import type { Operation } from '../../protocol/operation.js';
import type { LocalStore } from '../stores/local-store.js';
import type { ConnectionTimings } from '../sync/connection.js';
import type { Environment } from '../sync/environment.js';
import type { RegistrationOptions } from '../sync/registration.js';
import type { WebSocketConstructor } from '../sync/socket.js';
import type { TabSharing } from '../sync/tab-coordinator.js';

export interface ClientOptions extends RegistrationOptions {
  store: LocalStore & { readonly sharing?: TabSharing };
  /** The platform's, if it has one. Without any the client synchronizes by the timer alone. */
  WebSocket?: WebSocketConstructor;
  pageLimit?: number; // elements a response
  periodic?: {
    everySeconds?: number; // instead of the server's timer
    whileHidden?: boolean; // default true
    whileOffline?: boolean; // default true: platforms err
  };
  /** Looks at each operation before it is done; `checkOperation` knows all that the server would say `invalid` to. */
  check?: (operation: Operation) => Operation;
  timings?: Partial<ConnectionTimings>;
  /** Aborting it stops the client. */
  signal?: AbortSignal;
  environment?: Environment;
  nowMs?: () => number;
  generateId?: () => string; // names of instances, folders and messages
}
