import type { Clock } from './clock.js';
import type { EraseQueue } from './erase-queue.js';
import type { PurgeQueue } from './purge-queue.js';
import type { PushQueue, Sockets } from './push.js';
import type { Registry } from './registry.js';
import type { Store } from './store.js';

/** Keys of the token MAC. Shape: newest first, at most two; tokens are sealed with the first and opened with any. */
export interface TokenKeys {
  keys(): Promise<readonly Uint8Array[]>;
  /** Reads the keys again, for a token that none of them opens: the key may have been rotated. */
  refreshed?(): Promise<readonly Uint8Array[]>;
}

/** The services that the rules use. A function opens those that it is granted; tests have their own. */
export interface Core {
  readonly store: Store;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly tokenKeys: TokenKeys;
  readonly pushQueue: PushQueue;
  readonly purgeQueue: PurgeQueue;
  readonly eraseQueue: EraseQueue;
  readonly sockets: Sockets;
  readonly observe: Observe;
  /** Number of restores of the tables; a setting of the deployment. Absent: 0. */
  readonly timeline?: number;
  /** Key of the caches of this process. Absent: the store is the key. */
  readonly memory?: object;
}

/** Receives events of the core for logs and metrics: names and numbers, never contents. */
export type Observe = (
  event: string,
  fields: Readonly<Record<string, string | number | boolean | undefined>>,
) => void;
