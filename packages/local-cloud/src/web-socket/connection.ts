import { randomBytes } from 'node:crypto';
import type { RawData, WebSocket } from 'ws';

/** Limits of a connection. Unit: milliseconds. */
export interface ConnectionLimits {
  /** Time without a message in either direction. API Gateway: 10 minutes. */
  readonly idleMs: number;
  /** Longest duration of a connection, even of a busy one. API Gateway: 2 hours. */
  readonly maxMs: number;
}

/** The limits of API Gateway. */
export const API_GATEWAY_LIMITS: ConnectionLimits = { idleMs: 10 * 60_000, maxMs: 2 * 3_600_000 };

/** Largest message in either direction. API Gateway: 128 KB. */
export const MAX_MESSAGE_BYTES = 128 * 1024;

export const CLOSE_NORMAL = 1000;
const CLOSE_GOING_AWAY = 1001;
const CLOSE_UNSUPPORTED = 1003;

/** The client of a connection, for its events. */
export interface Caller {
  readonly sourceIp: string;
  readonly userAgent: string;
  readonly domainName: string;
  /** The context that the authorizer returned. */
  readonly authorizer: Readonly<Record<string, string>> | undefined;
}

/** An id like those of API Gateway: 15 characters and `=`. */
export const newConnectionId = () => `${randomBytes(11).toString('base64url')}=`;

/** An open connection. */
export class Connection {
  readonly #idle: NodeJS.Timeout;
  readonly #longest: NodeJS.Timeout;
  lastActiveAtMs = Date.now();

  constructor(
    readonly id: string,
    readonly connectedAtMs: number,
    readonly caller: Caller,
    private readonly socket: WebSocket,
    limits: ConnectionLimits,
    handlers: { onMessage: (text: string) => void; onClose: (code: number, reason: string) => void },
  ) {
    this.#idle = setTimeout(() => this.close(CLOSE_GOING_AWAY, 'Going away'), limits.idleMs);
    this.#longest = setTimeout(() => this.close(CLOSE_GOING_AWAY, 'Going away'), limits.maxMs);
    socket.on('message', (data: RawData, isBinary: boolean) => {
      this.#active();
      if (isBinary) this.close(CLOSE_UNSUPPORTED, 'Binary is not supported');
      else if (this.open) handlers.onMessage(data.toString());
    });
    socket.on('error', () => {}); // ws itself closes with 1009 after a message that is too large
    socket.on('close', (code, reason) => {
      clearTimeout(this.#idle);
      clearTimeout(this.#longest);
      handlers.onClose(code, reason.toString());
    });
  }

  get open() {
    return this.socket.readyState === this.socket.OPEN;
  }

  /** Sends a message. @returns false when the connection is not open. */
  send(text: string): boolean {
    if (!this.open) return false;
    this.#active();
    this.socket.send(text);
    return true;
  }

  /** Closes the connection with a close frame. */
  close(code: number, reason: string): void {
    this.socket.close(code, reason);
  }

  /** Breaks the connection without a close frame. */
  terminate(): void {
    this.socket.terminate();
  }

  #active() {
    this.lastActiveAtMs = Date.now();
    this.#idle.refresh();
  }
}
