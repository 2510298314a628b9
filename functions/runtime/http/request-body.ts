import { SyncProblem } from '../../../core/model/sync-problem.js';
import { REQUEST_MAX_BYTES } from '../../../protocol/limits.js';

/** The part of an event with the body. Names of headers are lower case, as API Gateway sends them. */
export interface BodyCarrier {
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

const JSON_TYPE = /^application\/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i;

/**
 * The JSON value of a body. A body has at most 1 MB.
 * @throws SyncProblem `unsupported-media-type`, `too-large`, `invalid-json`, in this order.
 */
export function readJsonBody({ body = '', isBase64Encoded = false, headers }: BodyCarrier): unknown {
  if (!JSON_TYPE.test((headers['content-type'] ?? '').trim())) {
    throw new SyncProblem('unsupported-media-type', { detail: 'Content-Type must be application/json' });
  }
  if ((headers['content-encoding'] ?? 'identity').toLowerCase() !== 'identity') {
    throw new SyncProblem('unsupported-media-type', { detail: 'The body must not be compressed' });
  }
  const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.length > REQUEST_MAX_BYTES) {
    throw new SyncProblem('too-large', { detail: `The body must have at most ${REQUEST_MAX_BYTES} bytes` });
  }
  if (bytes.length === 0) throw new SyncProblem('invalid-json', { detail: 'The body must not be empty' });
  return parseJson(bytes);
}

const DEPTH_MAX = 32; // no shape of the protocol nests deeper than ten levels

/**
 * The value of a JSON text.
 * @throws SyncProblem `invalid-json`, without the message of JSON.parse, which quotes the text; `invalid-request` for a
 * value that nests deeper than DEPTH_MAX, because recursion over it could exhaust the stack.
 */
export function parseJson(text: Uint8Array | string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(
      typeof text === 'string' ? text : new TextDecoder('utf-8', { fatal: true }).decode(text),
    );
  } catch {
    throw new SyncProblem('invalid-json');
  }
  if (isDeeperThan(DEPTH_MAX, value)) {
    const detail = `must nest at most ${DEPTH_MAX} levels deep`;
    throw new SyncProblem('invalid-request', { errors: [{ pointer: '', detail }] });
  }
  return value;
}

/** Goes down level by level, without recursion, so that the depth does not matter. */
function isDeeperThan(max: number, value: unknown): boolean {
  let level = [value];
  for (let depth = 0; depth <= max && level.length > 0; depth++) {
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []));
  }
  return level.length > 0;
}
