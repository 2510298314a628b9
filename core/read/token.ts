import { createHmac, timingSafeEqual } from 'node:crypto';
import * as z from 'zod/mini';
import { SYNC_TOKEN_MAX } from '../../protocol/limits.js';
import type { Caller } from '../write/device-operations.js';
import type { TokenKeys } from '../core.js';
import { contentsPrefix, conversationOfContents, packKey, unpackKey } from '../model/keys.js';
import { type BackfillCursor, type Cursor, type Position, STAGES } from './position.js';

const VERSION = 2;
const MAC_BYTES = 12; // no rights hang on it: a forged token could only spoil its forger's own synchronization
const KEY_FOLLOWS = '\n'; // keys stand behind the numbers as they are, since escaping could double their length

const count = z.int().check(z.gte(0));
const commit = [count, z.string()] as const; // modSeq, nonce
const scope = [count, z.string()] as const; // version, digest
/** In fixed order without names, since every token of every device carries them. */
const completeSchema = z.tuple([...commit, ...scope]);
/**
 * Midway: further rows, step, the scope at the last complete synchronization and whether there was one, how far backfill
 * and contents are, and what was seen beyond.
 */
const midwaySchema = z.tuple([
  ...commit,
  ...scope,
  count,
  count,
  ...scope,
  z.boolean(),
  z.nullable(z.tuple([count.check(z.lt(STAGES.length)), count, count, count])),
  z.nullable(count),
  z.nullable(z.tuple(commit)),
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

function encode({
  modSeq,
  nonce,
  rows,
  midway,
  step,
  scope,
  backfill,
  contents,
  itemized,
  seen,
}: Position): Buffer {
  const { from, to, isFirst } = scope;
  const complete = [modSeq, nonce, to.version, to.digest];
  if (!midway) return Buffer.from(JSON.stringify(complete));
  const numbers = [
    ...complete,
    rows,
    step,
    from.version,
    from.digest,
    isFirst,
    backfill ? [STAGES.indexOf(backfill.stage), markOf(backfill), backfill.sent, backfill.total] : null,
    contents ? (contents.stateOwed ? OWED : 0) : null,
    seen ? [seen.modSeq, seen.nonce] : null,
  ];
  const keys = [
    backfill?.after ?? '',
    contents ? (contents.after ?? contentsPrefix(contents.conversationId)) : '',
    ...(itemized !== undefined ? [itemized] : []),
  ];
  return Buffer.from([JSON.stringify(numbers), ...keys.map(packKey)].join(KEY_FOLLOWS));
}

function decode(body: Buffer): Position | undefined {
  const [numbers = '', ...packed] = body.toString().split(KEY_FOLLOWS);
  const wire: unknown = JSON.parse(numbers);
  const complete = completeSchema.safeParse(wire);
  if (complete.success) {
    const [modSeq, nonce, version, digest] = complete.data;
    const to = { version, digest };
    return { modSeq, nonce, rows: 0, midway: false, step: 0, scope: { from: to, to, isFirst: false } };
  }
  const parsed = midwaySchema.safeParse(wire);
  if (!parsed.success) return undefined;
  const [modSeq, nonce, toVersion, toDigest, rows, step, fromVersion, fromDigest, isFirst, ...rest] =
    parsed.data;
  const [cursor, contentsOwed, seen] = rest;
  const [backfillKey = '', contentsKey = '', itemized] = packed.map(unpackKey);
  return {
    modSeq,
    nonce,
    rows,
    midway: true,
    step,
    scope: {
      from: { version: fromVersion, digest: fromDigest },
      to: { version: toVersion, digest: toDigest },
      isFirst,
    },
    ...(cursor && { backfill: backfillOf(cursor, backfillKey) }),
    ...(contentsOwed !== null && { contents: contentsOf(contentsKey, contentsOwed) }),
    ...(itemized !== undefined && { itemized }),
    ...(seen && { seen: { modSeq: seen[0], nonce: seen[1] } }),
  };
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
