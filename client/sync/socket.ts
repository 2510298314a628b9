/** What is needed of a WebSocket: the browser's, React Native's, Node's from version 22 on, or that of the package ws. */
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
  ended: Promise<void>; // whoever ended it, and why
}

/**
 * Opens a WebSocket. `onText` is given each text message until the socket has ended. Aborting the signal closes it.
 * @throws Error when it does not open in time, or at all; a browser tells no more of why.
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
  let over = false;
  let resolveEnded: () => void;
  const ended = new Promise<void>((resolve) => {
    resolveEnded = resolve;
  });
  const end = () => {
    over = true;
    signal.removeEventListener('abort', close);
    resolveEnded();
  };
  // The other side may be gone and never answer the closing handshake: nobody waits for it.
  const close = () => {
    socket.close();
    end();
  };
  signal.addEventListener('abort', close, { once: true });
  socket.addEventListener('close', end);
  socket.addEventListener('error', end);
  socket.addEventListener('message', ({ data }) => {
    if (!over && typeof data === 'string') onText(data);
  });
  const timer = setTimeout(close, withinMs);
  const opened = new Promise<void>((resolve) => socket.addEventListener('open', () => resolve()));
  await Promise.race([opened, ended]);
  clearTimeout(timer);
  signal.throwIfAborted();
  if (over) throw new Error('The WebSocket did not open');
  return { send: (text) => socket.send(text), close, ended };
}
