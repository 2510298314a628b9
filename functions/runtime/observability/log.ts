import { createHash } from 'node:crypto';
import { faultsOf } from '../../../protocol/faults.js';
import { Logger } from './logger.js';

/**
 * A line never contains user ids, phone numbers, tokens, tickets, bodies or texts of messages. `boxTag` names a box.
 * An invocation begins with `beginLog`, so that each of its lines contains its request id.
 */
export const logger = new Logger();

const TAG_DIGITS = 12;

const tag = (id: string): string => createHash('sha256').update(id).digest('hex').slice(0, TAG_DIGITS);

/** Names a box in the logs. Shape: first 12 hex digits of the SHA-256 of the user id. */
export const boxTag = (box: string): string => tag(box);

/** Names a device in the logs, as `boxTag` names a box. A client can derive the id from a phone number. */
export const deviceTag = (deviceId: string): string => tag(deviceId);

let currentRequestId: string | undefined;

/** A function runs one invocation at a time, so the one logger can hold the keys of the invocation. */
export function beginLog(requestId: string): void {
  currentRequestId = requestId;
  logger.resetKeys();
  logger.appendKeys({ requestId });
}

/** Request id of the current invocation, for lines that the logger does not write. */
export const loggedRequestId = (): string | undefined => currentRequestId;

const CAUSES_MAX = 5;

interface ErrorLike {
  readonly name?: string;
  readonly message?: string;
  readonly stack?: string;
  readonly cause?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
}

/**
 * An error with its causes, without other members: those of the SDK and of schemas can contain keys of items and parts of
 * bodies.
 */
export function describeError(error: unknown, depth = 0): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: `thrown: ${typeof error}` };
  const { name, cause, $metadata }: ErrorLike = error;
  const message = safeMessage(error);
  const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line)); // the message precedes them
  return {
    name,
    message,
    stack: frames?.join('\n'),
    ...($metadata && { awsStatus: $metadata.httpStatusCode, awsRequestId: $metadata.requestId }),
    ...(cause !== undefined && depth < CAUSES_MAX && { cause: describeError(cause, depth + 1) }),
  };
}

/** Errors whose message must not be logged: JSON.parse quotes its text, and a schema error prints its input. */
function safeMessage(error: Error): string {
  if (error instanceof SyntaxError) return 'not readable';
  if ('issues' in error && Array.isArray(error.issues)) {
    const faults = faultsOf(error as unknown as Parameters<typeof faultsOf>[0]);
    return faults.map(({ pointer, detail }) => `${pointer} ${detail}`).join(', ');
  }
  return error.message;
}
