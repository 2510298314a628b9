/** Network and visibility of the application. A React Native application must pass its own. */
export interface Environment {
  isOnline(): boolean;
  isVisible(): boolean;
  /** Calls the listener when one of them may have changed. @returns the function that removes the listener. */
  subscribe(listener: () => void): () => void;
}

/** The environment of a browser. On other platforms it is always online and visible. */
export const platformEnvironment: Environment = {
  isOnline: () => globalThis.navigator?.onLine !== false,
  isVisible: () => globalThis.document?.visibilityState !== 'hidden',
  subscribe(listener) {
    const places: [EventTarget | undefined, string][] = [
      [globalThis.window, 'online'],
      [globalThis.window, 'offline'],
      [globalThis.document, 'visibilitychange'],
    ];
    // React Native has a window without addEventListener.
    for (const [place, name] of places) place?.addEventListener?.(name, listener);
    return () => {
      for (const [place, name] of places) place?.removeEventListener?.(name, listener);
    };
  },
};
