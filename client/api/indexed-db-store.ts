import { type IndexedDbPlatform, IndexedDbStore } from '../stores/indexed-db-store.js';
import type { LocalStore } from '../stores/local-store.js';
import { type TabChannel, tabChannel } from '../stores/tab-channel.js';
import { TabCoordinator, type TabSharing } from '../sync/tab-coordinator.js';

export interface IndexedDbOptions extends IndexedDbPlatform {
  /** Connects the clients of this database. Default: Web Locks and a BroadcastChannel. */
  channel?: TabChannel;
}

/**
 * A local store in a database of the browser. The tabs of the browser share it, and one of them synchronizes it. The main
 * module of the client does not include it, so that other platforms do not load the code for tabs.
 * @param name of the database. Name it after the user, so that two users never share a database.
 */
export function indexedDbStore(
  name: string,
  { channel = tabChannel(`cpm-sync ${name}`), ...platform }: IndexedDbOptions = {},
): LocalStore & { sharing: TabSharing } {
  const sharing: TabSharing = { join: (handlers) => new TabCoordinator(channel, handlers) };
  return Object.assign(new IndexedDbStore(name, platform), { sharing });
}
