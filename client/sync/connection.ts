import { type SyncRequestFrame, syncRequestFrameSchema } from '../../protocol/sync-request-frame.js';
import { type Backoff, fullJitter, sleep } from './backoff.js';
import { parseAnswer } from './parse-answer.js';
import { openSocket, type WebSocketConstructor } from './socket.js';

export interface ConnectionTimings {
  pingEveryMs: number; // the gateway closes a connection that was idle for 10 min
  pongWithinMs: number;
  openWithinMs: number;
  renewAfterMs: number; // the gateway closes every connection after 2 h
  steadyAfterMs: number; // one that lasted so long does not count as a failure when it is lost
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

export type LinkStatus = { state: 'connecting' } | { state: 'live' } | { state: 'offline'; error?: unknown };

export interface ConnectionOptions {
  /** Before each attempt; the connection is opened when it has succeeded. */
  prepare: (signal: AbortSignal) => Promise<unknown>;
  ticketUrl: (signal: AbortSignal) => Promise<string>;
  WebSocket: WebSocketConstructor;
  timings: ConnectionTimings;
  onStatus: (status: LinkStatus) => void;
  onRequest: (frame: SyncRequestFrame) => void;
  /** Errors after which there is no use in trying again. */
  isFinal: (error: unknown) => boolean;
}

/**
 * Keeps a WebSocket open until the signal is aborted: connects, renews the connection before the gateway ends it, and
 * comes back with full-jitter backoff after it was lost.
 * @throws what `isFinal` says is final. Resolves when the signal is aborted.
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

/** One connection, from its preparation to its end. */
async function connectOnce(options: ConnectionOptions, signal: AbortSignal): Promise<'renewed' | 'lost'> {
  const { timings, onRequest } = options;
  await options.prepare(signal);
  const url = await options.ticketUrl(signal);
  let pong: () => void = () => undefined;
  const socket = await openSocket(options.WebSocket, url, timings.openWithinMs, signal, (text) => {
    const frame = requestIn(text);
    pong(); // whatever arrives shows that the other side is there
    if (frame) onRequest(frame);
  });
  const timers = new Set<ReturnType<typeof setTimeout>>();
  try {
    options.onStatus({ state: 'live' });
    return await new Promise((resolve) => {
      const after = (ms: number, action: () => void) => void timers.add(setTimeout(action, ms));
      const ping = () => {
        socket.send(JSON.stringify({ action: 'ping' }));
        const dead = setTimeout(() => resolve('lost'), timings.pongWithinMs);
        timers.add(dead);
        pong = () => {
          clearTimeout(dead);
          timers.delete(dead);
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

/** The server's request to synchronize. Other frames move no data here: an answer to a ping, one of a newer server. */
function requestIn(text: string): SyncRequestFrame | undefined {
  try {
    return parseAnswer(syncRequestFrameSchema, JSON.parse(text));
  } catch {
    return undefined;
  }
}
