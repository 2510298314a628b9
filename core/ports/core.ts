import type { Clock } from './clock.js';
import type { EraseQueue } from './erase-queue.js';
import type { PurgeQueue } from './purge-queue.js';
import type { PushQueue, Sockets } from './push.js';
import type { Registry } from './registry.js';
import type { Store } from './store.js';

/** Keys of the token MAC. Shape: newest first, at most two; tokens are sealed with the first and opened with any. */
export interface TokenKeys {
  keys(): Promise<readonly Uint8Array[]>;
  /** Asked again where they are kept, for a token that none of them opens: the key may have been rotated. */
  refreshed?(): Promise<readonly Uint8Array[]>;
}

/** Everything the rules run on. A function opens what it is granted; tests bring their own. */
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
  /** One more each time the tables were restored; a setting of the deployment. Absent: 0. */
  readonly timeline?: number;
  /** Of the process: what it remembers of boxes ends with it. Absent: the store is. */
  readonly memory?: object;
}

/** Where the core says what it did, for logs and metrics: names and numbers, never contents. */
export type Observe = (
  event: string,
  fields: Readonly<Record<string, string | number | boolean | undefined>>,
) => void;
