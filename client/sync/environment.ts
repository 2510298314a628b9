/** What the platform says of the application's surroundings. A browser's is known; React Native's is given by the application. */
export interface Environment {
  isOnline(): boolean;
  isVisible(): boolean;
  /** Calls when one of them may have changed. Returns the function that takes the listener away again. */
  subscribe(listener: () => void): () => void;
}

/** What a browser says; everywhere else: online and visible, always. */
export const platformEnvironment: Environment = {
  isOnline: () => globalThis.navigator?.onLine !== false,
  isVisible: () => globalThis.document?.visibilityState !== 'hidden',
  subscribe(listener) {
    const places: [EventTarget | undefined, string][] = [
      [globalThis.window, 'online'],
      [globalThis.window, 'offline'],
      [globalThis.document, 'visibilitychange'],
    ];
    // React Native has a window that knows no events.
    for (const [place, name] of places) place?.addEventListener?.(name, listener);
    return () => {
      for (const [place, name] of places) place?.removeEventListener?.(name, listener);
    };
  },
};
