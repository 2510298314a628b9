import { createHash } from 'node:crypto';
import { faultsOf } from '../../../protocol/faults.js';
import { Logger } from './logger.js';

/**
 * Never in a line: user ids and phone numbers, tokens, tickets, bodies, texts of messages. A box is named by `boxTag`.
 * An invocation begins with `beginLog`, so that its request id stands in each of its lines.
 */
export const logger = new Logger();

const TAG_DIGITS = 12;

const tag = (id: string): string => createHash('sha256').update(id).digest('hex').slice(0, TAG_DIGITS);

/** Names a box in the logs. Shape: first 12 hex digits of the SHA-256 of the user id. */
export const boxTag = (box: string): string => tag(box);

/** Names a device in the logs, as `boxTag` does a box: clients may make its id of a number that belongs to a person. */
export const deviceTag = (deviceId: string): string => tag(deviceId);

let currentRequestId: string | undefined;

/** A function runs one invocation at a time, so its keys may live in the one logger. */
export function beginLog(requestId: string): void {
  currentRequestId = requestId;
  logger.resetKeys();
  logger.appendKeys({ requestId });
}

/** Of the invocation that is running, for lines that the logger does not write. */
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
 * An error with its causes, without the members that errors of the SDK and of schemas carry: those may hold keys of
 * items and parts of bodies.
 */
export function describeError(error: unknown, depth = 0): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: `thrown: ${typeof error}` };
  const { name, cause, $metadata }: ErrorLike = error;
  const message = safeMessage(error);
  const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line)); // the message stands above them
  return {
    name,
    message,
    stack: frames?.join('\n'),
    ...($metadata && { awsStatus: $metadata.httpStatusCode, awsRequestId: $metadata.requestId }),
    ...(cause !== undefined && depth < CAUSES_MAX && { cause: describeError(cause, depth + 1) }),
  };
}

/** JSON.parse quotes what it could not read, and a schema error prints its input. */
function safeMessage(error: Error): string {
  if (error instanceof SyntaxError) return 'not readable';
  if ('issues' in error && Array.isArray(error.issues)) {
    const faults = faultsOf(error as unknown as Parameters<typeof faultsOf>[0]);
    return faults.map(({ pointer, detail }) => `${pointer} ${detail}`).join(', ');
  }
  return error.message;
}
