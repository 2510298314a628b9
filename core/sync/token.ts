import { createHmac, timingSafeEqual } from 'node:crypto';
import * as z from 'zod/mini';
import type { Caller } from '../commit/commit-operations.js';
import type { TokenKeys } from '../core.js';
import { packKey, unpackKey } from '../store/keys.js';
import type { Position } from './position.js';

const VERSION = 1;
const MAC_BYTES = 12; // no rights hang on it: a forged token could only spoil its forger's own synchronization
const STAGES = ['folders', 'conversations', 'contents'] as const;

/** In fixed order without names, since every token of every device carries it: [modSeq, nonce, rows if midway, backfill]. */
const wireSchema = z.union([
  z.tuple([z.int(), z.string()]),
  z.tuple([z.int(), z.string(), z.int()]),
  z.tuple([
    z.int(),
    z.string(),
    z.int(),
    z.tuple([z.int().check(z.gte(0), z.lt(STAGES.length)), z.int(), z.int(), z.int()]),
  ]),
]);
/** Ends the numbers; the key of the cursor stands behind it as it is, since escaping could double its length. */
const KEY_FOLLOWS = '\n';

const mac = (key: Uint8Array, { box, deviceId, instanceId }: Caller, body: Buffer): Buffer =>
  createHmac('sha256', key)
    .update(JSON.stringify([box, deviceId, instanceId]))
    .update(body)
    .digest()
    .subarray(0, MAC_BYTES);

function encode({ modSeq, nonce, rows, midway, backfill }: Position): Buffer {
  if (!midway) return Buffer.from(JSON.stringify([modSeq, nonce]));
  if (!backfill) return Buffer.from(JSON.stringify([modSeq, nonce, rows]));
  const { stage, after, stateOwed, sent, total } = backfill;
  const cursor = [STAGES.indexOf(stage), stateOwed ? 1 : 0, sent, total];
  const key = after === undefined ? '' : KEY_FOLLOWS + packKey(after);
  return Buffer.from(JSON.stringify([modSeq, nonce, rows, cursor]) + key);
}

function decode(body: Buffer): Position | undefined {
  const text = body.toString();
  const end = text.indexOf(KEY_FOLLOWS);
  const parsed = wireSchema.safeParse(JSON.parse(end < 0 ? text : text.slice(0, end)));
  if (!parsed.success) return undefined;
  const [modSeq, nonce, rows, cursor] = parsed.data;
  if (rows === undefined) return { modSeq, nonce, rows: 0, midway: false };
  if (!cursor) return { modSeq, nonce, rows, midway: true };
  const [stage, stateOwed, sent, total] = cursor;
  return {
    modSeq,
    nonce,
    rows,
    midway: true,
    backfill: {
      stage: STAGES[stage] ?? 'folders',
      ...(end >= 0 && { after: unpackKey(text.slice(end + KEY_FOLLOWS.length)) }),
      ...(stateOwed === 1 && { stateOwed: true }),
      sent,
      total,
    },
  };
}

/**
 * The token for a position, bound to box, device and instance. It carries position, not rights.
 * Shape: base64url, about 60 characters for a device that is up to date, at most 600.
 */
export async function sealSyncToken(keys: TokenKeys, caller: Caller, position: Position): Promise<string> {
  const [key] = await keys.keys();
  if (!key) throw new Error('there is no key to seal tokens with');
  const body = encode(position);
  return Buffer.concat([Buffer.from([VERSION]), mac(key, caller, body), body]).toString('base64url');
}

/** The position of a token of this very device instance; undefined for any other, and for what is no token. */
export async function openSyncToken(
  keys: TokenKeys,
  caller: Caller,
  token: string,
): Promise<Position | undefined> {
  const bytes = Buffer.from(token, 'base64url');
  if (bytes.length <= 1 + MAC_BYTES || bytes[0] !== VERSION) return undefined;
  const given = bytes.subarray(1, 1 + MAC_BYTES);
  const body = bytes.subarray(1 + MAC_BYTES);
  const genuine = (await keys.keys()).some((key) => timingSafeEqual(mac(key, caller, body), given));
  return genuine ? decode(body) : undefined;
}
