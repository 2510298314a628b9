import WebSocket, { type ClientOptions } from 'ws';

const CLOSE_TIMEOUT_MS = 1_000;

/** ws keeps the process for half a minute when a server that is gone does not answer the closing handshake. */
export class QuickWebSocket extends WebSocket {
  constructor(url: string) {
    super(url, { closeTimeout: CLOSE_TIMEOUT_MS } as ClientOptions); // newer than its types
  }
}
