// How many bytes a function may return. Each constant follows from the one before.

/** The largest value that Lambda takes from a function. Unit: bytes of JSON. Source: AWS Lambda quotas. */
export const LAMBDA_RESPONSE_MAX_BYTES = 6 * 1024 * 1024;

/**
 * A function returns its body as a string inside JSON, so each quote and each backslash of the body counts twice. No
 * other character grows, so a body at most doubles.
 */
export const RETURNED_GROWTH_MAX = 2;

/** Limit for a response whose JSON is measured before it is returned. Unit: bytes of the body's JSON. */
export const RESPONSE_MAX_BYTES = 2 * 1024 * 1024;

/**
 * Limit for a response that is measured as it is returned. Unit: bytes, as `returnedBytes` counts them. The rest of
 * Lambda's limit is room for headers and for the one element that may exceed a limit.
 */
export const RETURNED_MAX_BYTES = RETURNED_GROWTH_MAX * RESPONSE_MAX_BYTES;

/** The bytes that a part of a body takes in the value that a function returns: its JSON, as a string inside JSON. */
export const returnedBytes = (value: object): number =>
  Buffer.byteLength(JSON.stringify(JSON.stringify(value)));
