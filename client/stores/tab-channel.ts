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
 * How the tabs of a browser share a store: who holds the lock of this name leads, and messages go over a channel of this
 * name. Where there are no Web Locks each tab leads itself: that does no harm, and costs requests.
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
      closeIfUnheard();
    },
    onMessage(listener) {
      listeners.add(listener);
      opened();
      return () => {
        listeners.delete(listener);
        closeIfUnheard();
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

  /** An open channel keeps a process of Node alive. */
  function closeIfUnheard(): void {
    if (listeners.size > 0) return;
    channel?.close();
    channel = undefined;
  }
}
