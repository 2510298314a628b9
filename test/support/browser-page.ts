// What the page of an application does with the SDK: bundled for the browser, and driven from outside.

import { indexedDbStore } from '../../client/api/indexed-db-store.js';
import { type ClientOptions, httpTransport, MessageStorageClient } from '../../client/index.js';

export interface PageOptions extends Pick<ClientOptions, 'deviceId' | 'pageLimit'> {
  url: string;
  token: string;
  database: string;
}

/** What the page has for whoever drives it. */
export interface AppWindow {
  openClient(options: PageOptions): void;
  client: MessageStorageClient; // once it is open
}

const app: Pick<AppWindow, 'openClient'> = {
  openClient({ url, token, database, ...options }) {
    const transport = httpTransport({ url, token: () => token });
    const client = new MessageStorageClient({ ...options, transport, store: indexedDbStore(database) });
    Object.assign(globalThis, { client });
  },
};

Object.assign(globalThis, app);
