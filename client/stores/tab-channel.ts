/** How the clients of one store reach each other, as the tabs of a browser do. One of them leads the synchronization. */
export interface TabChannel {
  /** Runs `work` once this client leads, until `work` ends or the signal is aborted. */
  lead(work: () => Promise<void>, signal: AbortSignal): Promise<void>;
  /** Sends a message to all other clients of the store. */
  post(message: unknown): void;
  /** @returns the function that removes the listener. */
  onMessage(listener: (message: unknown) => void): () => void;
}

/**
 * The channel between the tabs of a browser. The tab that holds the Web Lock of this name leads, and messages use the
 * BroadcastChannel of this name. Without Web Locks each tab leads itself, which is correct but costs requests.
 */
export function tabChannel(name: string): TabChannel {
  let channel: BroadcastChannel | undefined;
  const listeners = new Set<(message: unknown) => void>();
  return {
    async lead(work, signal) {
      const locks = globalThis.navigator?.locks;
      if (!locks) return work();
      try {
        await locks.request(name, { signal }, work);
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },
    post: (message) => {
      opened()?.postMessage(message);
      closeIfUnused();
    },
    onMessage(listener) {
      listeners.add(listener);
      opened();
      return () => {
        listeners.delete(listener);
        closeIfUnused();
      };
    },
  };

  function opened(): BroadcastChannel | undefined {
    if (channel || !globalThis.BroadcastChannel) return channel;
    channel = new BroadcastChannel(name);
    channel.onmessage = ({ data }) => {
      for (const listener of listeners) listener(data);
    };
    return channel;
  }

  /** An open channel keeps a Node process alive. */
  function closeIfUnused(): void {
    if (listeners.size > 0) return;
    channel?.close();
    channel = undefined;
  }
}
