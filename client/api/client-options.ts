import type { Operation } from '../../protocol/operation.js';
import type { LocalStore } from '../stores/local-store.js';
import type { ConnectionTimings } from '../sync/connection.js';
import type { Environment } from '../sync/environment.js';
import type { RegistrationOptions } from '../sync/registration.js';
import type { WebSocketConstructor } from '../sync/socket.js';
import type { TabSharing } from '../sync/tab-coordinator.js';

export interface ClientOptions extends RegistrationOptions {
  store: LocalStore & { readonly sharing?: TabSharing };
  /** Default: the WebSocket of the platform. A client without any synchronizes by the timer alone. */
  WebSocket?: WebSocketConstructor;
  /** Elements per response, 1 to 1,000. Default: the server's, 200. */
  pageLimit?: number;
  periodic?: {
    everySeconds?: number; // instead of the server's period
    whileHidden?: boolean; // default true
    whileOffline?: boolean; // default true, since platforms report the network wrongly
  };
  /** Runs before each operation is queued, and returns it or throws. `checkOperation` applies the server's checks. */
  check?: (operation: Operation) => Operation;
  timings?: Partial<ConnectionTimings>;
  /** Aborting it stops the client. */
  signal?: AbortSignal;
  environment?: Environment;
  /** The current time in ms since 1970. Default: the clock of the platform. */
  nowMs?: () => number;
  /** Generates the instanceId of the device. Default: a random id. */
  generateId?: () => string;
}
