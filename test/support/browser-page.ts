// The page of an application that uses the SDK. The test bundles it for the browser and drives it from outside.

import { indexedDbStore } from '../../client/api/indexed-db-store.js';
import { type ClientOptions, httpTransport, MessageStorageClient } from '../../client/index.js';

export interface PageOptions extends Pick<ClientOptions, 'deviceId' | 'pageLimit'> {
  url: string;
  token: string;
  database: string;
}

/** Globals of the page, for the test that drives it. */
export interface AppWindow {
  openClient(options: PageOptions): void;
  client: MessageStorageClient; // set by `open`
}

const app: Pick<AppWindow, 'openClient'> = {
  openClient({ url, token, database, ...options }) {
    const transport = httpTransport({ url, token: () => token });
    const client = new MessageStorageClient({ ...options, transport, store: indexedDbStore(database) });
    Object.assign(globalThis, { client });
  },
};

Object.assign(globalThis, app);
