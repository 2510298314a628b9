/** A name that nobody else uses. It is no secret: React Native and pages without HTTPS have no randomUUID. */
export const randomId = (): string =>
  globalThis.crypto?.randomUUID?.() ??
  Array.from({ length: 4 }, () => Math.random().toString(36).slice(2, 10)).join('-');
