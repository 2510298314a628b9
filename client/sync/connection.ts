import { type SyncRequestFrame, syncRequestFrameSchema } from '../../protocol/sync-request-frame.js';
import { type Backoff, fullJitter, sleep } from './backoff.js';
import { parseAnswer } from './parse-answer.js';
import { openSocket, type WebSocketConstructor } from './socket.js';

/** Unit of the members: ms. */
export interface ConnectionTimings {
  pingEveryMs: number; // the gateway closes a connection after 10 idle minutes
  pongWithinMs: number;
  openWithinMs: number;
  renewAfterMs: number; // the gateway closes every connection after 2 h
  steadyAfterMs: number; // the loss of an older connection resets the number of failures
  backoff: Backoff;
}

export const CONNECTION_TIMINGS: ConnectionTimings = {
  pingEveryMs: 5 * 60_000,
  pongWithinMs: 30_000,
  openWithinMs: 30_000,
  renewAfterMs: 115 * 60_000,
  steadyAfterMs: 60_000,
  backoff: { baseMs: 1_000, capMs: 60_000 },
};

type LinkStatus = { state: 'connecting' } | { state: 'live' } | { state: 'offline'; error?: unknown };

export interface ConnectionOptions {
  /** Runs before each attempt. The attempt fails with it. */
  prepare: (signal: AbortSignal) => Promise<unknown>;
  ticketUrl: (signal: AbortSignal) => Promise<string>;
  WebSocket: WebSocketConstructor;
  timings: ConnectionTimings;
  onStatus: (status: LinkStatus) => void;
  onRequest: (frame: SyncRequestFrame) => void;
  /** Whether a retry cannot help after this error. */
  isFinal: (error: unknown) => boolean;
}

/**
 * Keeps a WebSocket open until the signal is aborted, and then resolves. It renews the connection before the gateway
 * closes it, and reconnects with full-jitter backoff after a loss.
 * @throws the first error for which `isFinal` is true.
 */
export async function keepConnected(options: ConnectionOptions, signal: AbortSignal): Promise<void> {
  const { timings, onStatus } = options;
  for (let failures = 0; !signal.aborted; ) {
    const began = Date.now();
    try {
      onStatus({ state: 'connecting' });
      const end = await connectOnce(options, signal);
      if (signal.aborted) return;
      if (end === 'renewed') {
        failures = 0;
        continue;
      }
      failures = Date.now() - began >= timings.steadyAfterMs ? 1 : failures + 1;
      onStatus({ state: 'offline' });
    } catch (error) {
      if (signal.aborted) return;
      if (options.isFinal(error)) throw error;
      failures += 1;
      onStatus({ state: 'offline', error });
    }
    await sleep(fullJitter(failures - 1, timings.backoff), signal).catch(() => undefined);
  }
}

/** Opens one connection and waits for its end. */
async function connectOnce(options: ConnectionOptions, signal: AbortSignal): Promise<'renewed' | 'lost'> {
  const { timings, onRequest } = options;
  await options.prepare(signal);
  const url = await options.ticketUrl(signal);
  let pong: () => void = () => undefined;
  const socket = await openSocket(options.WebSocket, url, timings.openWithinMs, signal, (text) => {
    const frame = requestIn(text);
    pong(); // any message shows that the server is alive
    if (frame) onRequest(frame);
  });
  const timers = new Set<ReturnType<typeof setTimeout>>();
  try {
    options.onStatus({ state: 'live' });
    return await new Promise((resolve) => {
      const after = (ms: number, action: () => void) => void timers.add(setTimeout(action, ms));
      const ping = () => {
        socket.send(JSON.stringify({ action: 'ping' }));
        const lost = setTimeout(() => resolve('lost'), timings.pongWithinMs);
        timers.add(lost);
        pong = () => {
          clearTimeout(lost);
          timers.delete(lost);
        };
        after(timings.pingEveryMs, ping);
      };
      after(timings.pingEveryMs, ping);
      after(timings.renewAfterMs, () => resolve('renewed'));
      socket.ended.then(() => resolve('lost'));
    });
  } finally {
    for (const timer of timers) clearTimeout(timer);
    socket.close();
  }
}

/** Parses a synchronization request. Other frames are ignored: pongs, and frames of newer servers. */
function requestIn(text: string): SyncRequestFrame | undefined {
  try {
    return parseAnswer(syncRequestFrameSchema, JSON.parse(text));
  } catch {
    return undefined;
  }
}
