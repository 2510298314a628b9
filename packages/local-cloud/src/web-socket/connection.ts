import { randomBytes } from 'node:crypto';
import type { RawData, WebSocket } from 'ws';

/** What is limited for a connection. Times in milliseconds. */
export interface ConnectionLimits {
  /** Without a message in either direction. API Gateway: 10 minutes. */
  readonly idleMs: number;
  /** However busy it is. API Gateway: 2 hours. */
  readonly maxMs: number;
}

export const API_GATEWAY_LIMITS: ConnectionLimits = { idleMs: 10 * 60_000, maxMs: 2 * 3_600_000 };

/** Message in either direction. */
export const MAX_MESSAGE_BYTES = 128 * 1024;

export const CLOSE_NORMAL = 1000;
export const CLOSE_GOING_AWAY = 1001;
const CLOSE_UNSUPPORTED = 1003;

/** Who connected, for the events of the connection. */
export interface Caller {
  readonly sourceIp: string;
  readonly userAgent: string;
  readonly domainName: string;
  /** The context its authorizer gave. */
  readonly authorizer: Readonly<Record<string, string>> | undefined;
}

/** Like those of API Gateway: 15 characters and `=`. */
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
    socket.on('error', () => {}); // a message that is too large: ws closes with 1009
    socket.on('close', (code, reason) => {
      clearTimeout(this.#idle);
      clearTimeout(this.#longest);
      handlers.onClose(code, reason.toString());
    });
  }

  get open() {
    return this.socket.readyState === this.socket.OPEN;
  }

  /** Answers whether it was sent. */
  send(text: string): boolean {
    if (!this.open) return false;
    this.#active();
    this.socket.send(text);
    return true;
  }

  close(code: number, reason: string): void {
    this.socket.close(code, reason);
  }

  terminate(): void {
    this.socket.terminate();
  }

  #active() {
    this.lastActiveAtMs = Date.now();
    this.#idle.refresh();
  }
}
