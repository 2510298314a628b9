import WebSocket, { type ClientOptions } from 'ws';

const CLOSE_TIMEOUT_MS = 1_000;

/** Waits one second for the closing handshake. By default, ws keeps the process for 30 s when the server has ended. */
export class QuickWebSocket extends WebSocket {
  constructor(url: string) {
    super(url, { closeTimeout: CLOSE_TIMEOUT_MS } as ClientOptions); // its types lack this option
  }
}
