import type { TabChannel } from '../sync/tabs.js';

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
