import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { userIdSchema } from '../../protocol/ids.js';
import type { BoxId, StoredItem } from '../model/items.js';

/** Bodies longer than this are deflated: write units are counted in KB, and logs of commits shrink to a quarter. */
const DEFLATE_ABOVE_BYTES = 700;

type Image = Record<string, AttributeValue>;

/** Keys, version and the head's epoch stand as attributes, for conditions; everything else is one body that only the core reads. */
export function encodeItem(box: BoxId, item: StoredItem): Image {
  const { sk, version, expiresAtMs, ...body } = item;
  const json = Buffer.from(JSON.stringify(body));
  return {
    box: { S: box },
    sk: { S: sk },
    version: { N: String(version) },
    ...(item.kind === 'head' && { epoch: { S: item.epoch } }),
    body: json.length > DEFLATE_ABOVE_BYTES ? { B: deflateRawSync(json) } : { S: json.toString() },
    ...(expiresAtMs !== undefined && { expiresAt: { N: String(Math.ceil(expiresAtMs / 1000)) } }),
  };
}

/**
 * Shape of the image: as the database gives it, or as the stream does (binary in base64).
 * @throws Error when it is none of our items: the caller's record then goes to the dead-letter queue.
 */
export function decodeItem(image: Image): { box: BoxId; item: StoredItem } {
  const { box, sk, version, body, expiresAt } = image;
  if (!box?.S || !sk?.S || !version?.N || !(body?.S ?? body?.B)) {
    throw new Error(`not an item of the store: ${sk?.S ?? 'no sort key'}`);
  }
  const json = body?.B === undefined ? (body?.S ?? '') : inflateRawSync(bytesOf(body.B)).toString();
  const item = {
    ...JSON.parse(json),
    sk: sk.S,
    version: Number(version.N),
    ...(expiresAt?.N && { expiresAtMs: Number(expiresAt.N) * 1000 }),
  } as StoredItem;
  return { box: userIdSchema.parse(box.S), item };
}

const bytesOf = (binary: Uint8Array | string): Uint8Array =>
  typeof binary === 'string' ? Buffer.from(binary, 'base64') : binary;
