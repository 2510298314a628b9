/** A WebSocket: of a browser, React Native, Node 22 or later, or the package ws. */
export interface WebSocketLike {
  send(data: string): void;
  close(): void;
  addEventListener(type: 'open' | 'close' | 'error', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
}
export type WebSocketConstructor = new (url: string) => WebSocketLike;

export interface Socket {
  send(text: string): void;
  close(): void;
  ended: Promise<void>; // resolves after either side closed it
}

/**
 * Opens a WebSocket. `onText` receives each text message until the socket ends. Aborting the signal closes it.
 * @throws Error if it does not open in time; browsers give no reason. The reason of the signal if it is aborted first.
 */
export async function openSocket(
  WebSocket: WebSocketConstructor,
  url: string,
  withinMs: number,
  signal: AbortSignal,
  onText: (text: string) => void,
): Promise<Socket> {
  signal.throwIfAborted();
  const socket = new WebSocket(url);
  let isEnded = false;
  let resolveEnded: () => void;
  const ended = new Promise<void>((resolve) => {
    resolveEnded = resolve;
  });
  const end = () => {
    isEnded = true;
    signal.removeEventListener('abort', close);
    resolveEnded();
  };
  // The server may be gone, so do not wait for its closing handshake.
  const close = () => {
    socket.close();
    end();
  };
  signal.addEventListener('abort', close, { once: true });
  socket.addEventListener('close', end);
  socket.addEventListener('error', end);
  socket.addEventListener('message', ({ data }) => {
    if (!isEnded && typeof data === 'string') onText(data);
  });
  const timer = setTimeout(close, withinMs);
  const opened = new Promise<void>((resolve) => socket.addEventListener('open', () => resolve()));
  await Promise.race([opened, ended]);
  clearTimeout(timer);
  signal.throwIfAborted();
  if (isEnded) throw new Error('The WebSocket did not open');
  return { send: (text) => socket.send(text), close, ended };
}
