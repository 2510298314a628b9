/** 1: first release. */
export const PROTOCOL_VERSION = 1;
