import { createHmac, timingSafeEqual } from 'node:crypto';
import * as z from 'zod/mini';
import { SYNC_TOKEN_MAX } from '../../protocol/limits.js';
import { contentsPrefix, conversationOfContents, packKey, unpackKey } from '../model/keys.js';
import type { TokenKeys } from '../ports/core.js';
import type { Caller } from '../write/device-operations.js';
import {
  BACKFILL_PHASES,
  type BackfillCursor,
  type BackfillPhase,
  type ContentsCursor,
  type Cursor,
  type Position,
} from './position.js';

const VERSION = 3;
const MAC_BYTES = 12; // a token grants no rights: a forged one could only spoil the synchronization of its forger
const KEY_FOLLOWS = '\n'; // keys follow the numbers unescaped, since escaping could double their length

const count = z.int().check(z.gte(0));
const scope = [count, z.string()] as const; // version, nonce
const phase = z.pipe(
  count.check(z.lt(BACKFILL_PHASES.length)),
  z.transform((index) => BACKFILL_PHASES[index] as BackfillPhase),
);
/**
 * The part of a token that only an incomplete synchronization has. The values are in a fixed order without names, so that
 * tokens stay short.
 */
const incompleteSchema = z.tuple([
  count, // rows sent
  count, // page number
  ...scope, // at the last complete synchronization
  z.boolean(), // no synchronization was complete yet
  z.nullable(z.tuple([phase, count, count, count])), // backfill: phase, cursor flag, sent, total
  z.nullable(count), // contents: cursor flag
  z.nullable(z.tuple([count, z.string()])), // high-water mark: index, nonce
]);
type IncompletePart = z.input<typeof incompleteSchema>;

const mac = (key: Uint8Array, { box, deviceId, instanceId }: Caller, body: Buffer): Buffer =>
  createHmac('sha256', key)
    .update(JSON.stringify([box, deviceId, instanceId]))
    .update(body)
    .digest()
    .subarray(0, MAC_BYTES);

/**
 * Makes the token for a position. It is bound to box, device and instance; it carries a position and grants no rights.
 * Shape: base64url, about 60 characters for a device that is up to date, at most 600.
 */
export async function sealSyncToken(keys: TokenKeys, caller: Caller, position: Position): Promise<string> {
  const [key] = await keys.keys();
  if (!key) throw new Error('there must be a key to seal tokens with, got none');
  const seal = (body: Buffer) =>
    Buffer.concat([Buffer.from([VERSION]), mac(key, caller, body), body]).toString('base64url');
  const token = seal(encode(position));
  return token.length <= SYNC_TOKEN_MAX ? token : seal(encode(shortened(position)));
}

/**
 * Two cursors with ids of the greatest length do not fit. The backfill then repeats its phase, and waits until the
 * contents or the expanded removal are sent. The cursor of these must advance, or the synchronization would never end.
 */
function shortened(position: Position): Position {
  if (!position.backfill) return position;
  const { phase, sent, total } = position.backfill;
  return { ...position, backfill: { phase, sent, total, isWaiting: true } };
}

const KEYS_FIT_BYTES = 250; // of both keys, as a token of full length has them

/** Whether the token surely has room for the cursor of the backfill and the log's own cursor, and for longer keys. */
export const hasRoomForCursors = ({ backfill, contents, expandedUpTo }: Position): boolean =>
  Buffer.byteLength(
    [backfill?.after, contents?.after, expandedUpTo].map((key) => packKey(key ?? '')).join(''),
  ) <= KEYS_FIT_BYTES;

/**
 * The position of a token.
 * @returns undefined for the token of another box, device or instance, and for text that is not a token
 */
export async function openSyncToken(
  keys: TokenKeys,
  caller: Caller,
  token: string,
): Promise<Position | undefined> {
  const bytes = Buffer.from(token, 'base64url');
  // Decoding ignores characters outside of base64url and surplus bits at the end. A token must equal what was sealed.
  if (token.length > SYNC_TOKEN_MAX || bytes.toString('base64url') !== token) return undefined;
  if (bytes.length <= 1 + MAC_BYTES || bytes[0] !== VERSION) return undefined;
  const given = bytes.subarray(1, 1 + MAC_BYTES);
  const body = bytes.subarray(1 + MAC_BYTES);
  const opens = (key: Uint8Array) => timingSafeEqual(mac(key, caller, body), given);
  const isGenuine = (await keys.keys()).some(opens) || ((await keys.refreshed?.()) ?? []).some(opens);
  return isGenuine ? decode(body) : undefined;
}

/** The part that every token has: numbers in groups of seven bits, nonces as their bytes. */
function encode(position: Position): Buffer {
  const { index, timeline, nonce, modSeq, projected, scope, incomplete } = position;
  const complete = [
    ...[index, timeline, modSeq, index - projected, scope.to.version].map(varint),
    sized(nonce),
    sized(scope.to.nonce),
  ];
  return Buffer.concat(incomplete ? [...complete, encodeIncomplete(position)] : complete);
}

function encodeIncomplete(position: Position): Buffer {
  const { scope, backfill, contents, expandedUpTo, highWater } = position;
  const numbers: IncompletePart = [
    position.rowsSent,
    position.pageNo,
    scope.from.version,
    scope.from.nonce,
    scope.isFirst,
    backfill
      ? [BACKFILL_PHASES.indexOf(backfill.phase), flagOf(backfill), backfill.sent, backfill.total]
      : null,
    contents ? flagOf(contents) : null,
    highWater ? [highWater.index, highWater.nonce] : null,
  ];
  const keys = [
    backfill?.after ?? '',
    contents ? (contents.after ?? contentsPrefix(contents.conversationId)) : '',
    ...(expandedUpTo !== undefined ? [expandedUpTo] : []),
  ];
  return Buffer.from([JSON.stringify(numbers), ...keys.map(packKey)].join(KEY_FOLLOWS));
}

/** Decodes the body of a genuine token, so its bytes are as `encode` made them. */
function decode(body: Buffer): Position | undefined {
  const reader = new Reader(body);
  const [index, timeline, modSeq, unprojected, toVersion] = [
    reader.varint(),
    reader.varint(),
    reader.varint(),
    reader.varint(),
    reader.varint(),
  ];
  const nonce = reader.sized();
  const to = { version: toVersion, nonce: reader.sized() };
  const complete = { index, timeline, modSeq, nonce, projected: index - unprojected };
  if (reader.rest.length === 0) {
    const scope = { from: to, to, isFirst: false };
    return { ...complete, rowsSent: 0, incomplete: false, pageNo: 0, scope };
  }
  const [numbers = '', ...packed] = reader.rest.toString().split(KEY_FOLLOWS);
  const parsed = incompleteSchema.safeParse(JSON.parse(numbers));
  if (!parsed.success) return undefined;
  const [rowsSent, pageNo, version, fromNonce, isFirst, backfill, contentsFlag, highWater] = parsed.data;
  const [backfillKey = '', contentsKey = '', expandedUpTo] = packed.map(unpackKey);
  return {
    ...complete,
    rowsSent,
    incomplete: true,
    pageNo,
    scope: { from: { version, nonce: fromNonce }, to, isFirst },
    ...(backfill && { backfill: backfillOf(backfill, backfillKey) }),
    ...(contentsFlag !== null && { contents: contentsOf(contentsKey, contentsFlag) }),
    ...(expandedUpTo !== undefined && { expandedUpTo }),
    ...(highWater && { highWater: { index: highWater[0], nonce: highWater[1] } }),
  };
}

/** An integer from 0 to 2^53 - 1, seven bits in a byte, the lowest first. The top bit says that more bytes follow. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}

/** Base64url text as its bytes, after their number. */
function sized(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64url');
  return Buffer.concat([varint(bytes.length), bytes]);
}

class Reader {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  get rest(): Buffer {
    return this.bytes.subarray(this.at);
  }

  varint(): number {
    for (let value = 0, unit = 1; ; unit *= 128) {
      const byte = this.bytes[this.at++] ?? 0;
      value += (byte % 128) * unit;
      if (byte < 128) return value;
    }
  }

  sized(): string {
    const length = this.varint();
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at).toString('base64url');
  }
}

const STATE_PENDING = 1;
const WAITING = 2; // such a backfill repeats its phase, so no state is pending

const flagOf = ({ isStatePending, isWaiting }: Cursor & Pick<BackfillCursor, 'isWaiting'>): number =>
  isWaiting ? WAITING : isStatePending ? STATE_PENDING : 0;

const cursorOf = (after: string, flag: number): Cursor => ({
  ...(after !== '' && { after }),
  ...(flag === STATE_PENDING && { isStatePending: true }),
});

const backfillOf = (
  [phase, flag, sent, total]: readonly [BackfillPhase, number, number, number],
  after: string,
): BackfillCursor => ({
  phase,
  ...cursorOf(after, flag),
  ...(flag === WAITING && { isWaiting: true }),
  sent,
  total,
});

function contentsOf(key: string, flag: number): ContentsCursor {
  const conversationId = conversationOfContents(key);
  return { conversationId, ...cursorOf(key === contentsPrefix(conversationId) ? '' : key, flag) };
}
