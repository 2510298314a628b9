import { createHmac, timingSafeEqual } from 'node:crypto';
import * as z from 'zod/mini';
import { SYNC_TOKEN_MAX } from '../../protocol/limits.js';
import { contentsPrefix, conversationOfContents, packKey, unpackKey } from '../model/keys.js';
import type { TokenKeys } from '../ports/core.js';
import type { Caller } from '../write/device-operations.js';
import { type BackfillCursor, type Cursor, type Position, STAGES } from './position.js';

const VERSION = 3;
const MAC_BYTES = 12; // no rights hang on it: a forged token could only spoil its forger's own synchronization
const KEY_FOLLOWS = '\n'; // keys stand behind the numbers as they are, since escaping could double their length

const count = z.int().check(z.gte(0));
const scope = [count, z.string()] as const; // version, nonce
/**
 * What a position midway has beside that of a device that is up to date. In fixed order without names, since tokens are
 * short: further rows, step, the scope at the last complete synchronization and whether there was one, how far backfill
 * and contents are, and what was seen beyond.
 */
const midwaySchema = z.tuple([
  count,
  count,
  ...scope,
  z.boolean(),
  z.nullable(z.tuple([count.check(z.lt(STAGES.length)), count, count, count])),
  z.nullable(count),
  z.nullable(z.tuple([count, z.string()])),
]);

const mac = (key: Uint8Array, { box, deviceId, instanceId }: Caller, body: Buffer): Buffer =>
  createHmac('sha256', key)
    .update(JSON.stringify([box, deviceId, instanceId]))
    .update(body)
    .digest()
    .subarray(0, MAC_BYTES);

/**
 * The token for a position, bound to box, device and instance. It carries position, not rights.
 * Shape: base64url, about 60 characters for a device that is up to date, at most 600.
 */
export async function sealSyncToken(keys: TokenKeys, caller: Caller, position: Position): Promise<string> {
  const [key] = await keys.keys();
  if (!key) throw new Error('there is no key to seal tokens with');
  const seal = (body: Buffer) =>
    Buffer.concat([Buffer.from([VERSION]), mac(key, caller, body), body]).toString('base64url');
  const token = seal(encode(position));
  return token.length <= SYNC_TOKEN_MAX ? token : seal(encode(shortened(position)));
}

/**
 * With ids of the greatest length two cursors do not fit: the backfill then begins its stage again, and waits until the
 * contents have been sent, or what was removed with a container has been told, whose cursor has to get on.
 */
function shortened(position: Position): Position {
  if (!position.backfill) return position;
  const { stage, sent, total } = position.backfill;
  return { ...position, backfill: { stage, sent, total, waits: true } };
}

const KEYS_FIT_BYTES = 250; // of the two, as they stand in a token of full length

/** Whether the cursors of a backfill and of what is told beside it surely both fit, with some room to get on. */
export const hasRoomForCursors = ({ backfill, contents, itemized }: Position): boolean =>
  Buffer.byteLength([backfill?.after, contents?.after, itemized].map((key) => packKey(key ?? '')).join('')) <=
  KEYS_FIT_BYTES;

/** The position of a token of this very device instance; undefined for any other, and for what is no token. */
export async function openSyncToken(
  keys: TokenKeys,
  caller: Caller,
  token: string,
): Promise<Position | undefined> {
  const bytes = Buffer.from(token, 'base64url');
  // Decoding passes over what is no base64url, and over bits at the end: a token is what was sealed, letter by letter.
  if (token.length > SYNC_TOKEN_MAX || bytes.toString('base64url') !== token) return undefined;
  if (bytes.length <= 1 + MAC_BYTES || bytes[0] !== VERSION) return undefined;
  const given = bytes.subarray(1, 1 + MAC_BYTES);
  const body = bytes.subarray(1 + MAC_BYTES);
  const opens = (key: Uint8Array) => timingSafeEqual(mac(key, caller, body), given);
  const isGenuine = (await keys.keys()).some(opens) || ((await keys.refreshed?.()) ?? []).some(opens);
  return isGenuine ? decode(body) : undefined;
}

/** What every token carries, as bytes: numbers in groups of seven bits, nonces as they were drawn. */
function encode(position: Position): Buffer {
  const { index, timeline, nonce, modSeq, projected, scope, midway } = position;
  const complete = [
    ...[index, timeline, modSeq, index - projected, scope.to.version].map(varint),
    sized(nonce),
    sized(scope.to.nonce),
  ];
  return Buffer.concat(midway ? [...complete, encodeMidway(position)] : complete);
}

function encodeMidway({
  rows,
  step,
  scope: { from, isFirst },
  backfill,
  contents,
  itemized,
  seen,
}: Position): Buffer {
  const numbers = [
    rows,
    step,
    from.version,
    from.nonce,
    isFirst,
    backfill ? [STAGES.indexOf(backfill.stage), markOf(backfill), backfill.sent, backfill.total] : null,
    contents ? (contents.stateOwed ? OWED : 0) : null,
    seen ? [seen.index, seen.nonce] : null,
  ];
  const keys = [
    backfill?.after ?? '',
    contents ? (contents.after ?? contentsPrefix(contents.conversationId)) : '',
    ...(itemized !== undefined ? [itemized] : []),
  ];
  return Buffer.from([JSON.stringify(numbers), ...keys.map(packKey)].join(KEY_FOLLOWS));
}

/** Only what was sealed is decoded, so the bytes are as `encode` made them. */
function decode(body: Buffer): Position | undefined {
  const reader = new Reader(body);
  const [index, timeline, modSeq, behind, toVersion] = [
    reader.varint(),
    reader.varint(),
    reader.varint(),
    reader.varint(),
    reader.varint(),
  ];
  const nonce = reader.sized();
  const to = { version: toVersion, nonce: reader.sized() };
  const complete = { index, timeline, modSeq, nonce, projected: index - behind };
  if (reader.rest.length === 0) {
    return { ...complete, rows: 0, midway: false, step: 0, scope: { from: to, to, isFirst: false } };
  }
  const [numbers = '', ...packed] = reader.rest.toString().split(KEY_FOLLOWS);
  const parsed = midwaySchema.safeParse(JSON.parse(numbers));
  if (!parsed.success) return undefined;
  const [rows, step, fromVersion, fromNonce, isFirst, cursor, contentsOwed, seen] = parsed.data;
  const [backfillKey = '', contentsKey = '', itemized] = packed.map(unpackKey);
  return {
    ...complete,
    rows,
    midway: true,
    step,
    scope: { from: { version: fromVersion, nonce: fromNonce }, to, isFirst },
    ...(cursor && { backfill: backfillOf(cursor, backfillKey) }),
    ...(contentsOwed !== null && { contents: contentsOf(contentsKey, contentsOwed) }),
    ...(itemized !== undefined && { itemized }),
    ...(seen && { seen: { index: seen[0], nonce: seen[1] } }),
  };
}

/** A whole number from 0 to 2^53 - 1, seven bits a byte, the lowest first; the top bit says that more follow. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}

/** Base64url text as its bytes, behind their number. */
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

const OWED = 1;
const WAITS = 2; // and owes nothing, since it begins its stage again

const markOf = ({ stateOwed, waits }: BackfillCursor): number => (waits ? WAITS : stateOwed ? OWED : 0);

const cursorOf = (after: string, mark: number): Cursor => ({
  ...(after !== '' && { after }),
  ...(mark === OWED && { stateOwed: true }),
});

const backfillOf = (
  [stage, mark, sent, total]: readonly [number, number, number, number],
  after: string,
): BackfillCursor => ({
  stage: STAGES[stage] ?? 'leaving',
  ...cursorOf(after, mark),
  ...(mark === WAITS && { waits: true }),
  sent,
  total,
});

function contentsOf(key: string, owed: number) {
  const conversationId = conversationOfContents(key);
  return { conversationId, ...cursorOf(key === contentsPrefix(conversationId) ? '' : key, owed) };
}
