/** A unique id. It must not be used as a secret: React Native and pages without HTTPS lack `randomUUID`. */
export const randomId = (): string =>
  globalThis.crypto?.randomUUID?.() ??
  Array.from({ length: 4 }, () => Math.random().toString(36).slice(2, 10)).join('-');
