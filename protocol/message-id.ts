import { type MessageId, messageIdSchema } from './ids.js';
import { sha256 } from './sha256.js';
import { instantSchema } from './text.js';

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const TIME_DIGITS = 10;
const NAME_BITS = 40;

const base32 = (value: bigint, digits: number): string => {
  let text = '';
  for (let rest = value, i = 0; i < digits; i++, rest >>= 5n) text = CROCKFORD[Number(rest & 31n)] + text;
  return text;
};

/**
 * The recommended id of a message. It sorts by time within its conversation, and is the same for each deposit of the
 * message.
 * Shape: 18 characters of Crockford base 32. The first 10 are `date` in milliseconds, as in ULID; a time before 1970
 * counts as 1970. The others are the first 40 bits of SHA-256 of `stableName`.
 * @param stableName the imdnMessageId, or another name that never changes
 * @throws ZodError when `date` is not an RFC 3339 time in UTC
 */
export function messageIdOf(date: string, stableName: string): MessageId {
  const ms = BigInt(Math.max(0, Date.parse(instantSchema.parse(date))));
  const digest = sha256(new TextEncoder().encode(stableName));
  let name = 0n;
  for (const byte of digest.subarray(0, NAME_BITS / 8)) name = (name << 8n) | BigInt(byte);
  return messageIdSchema.parse(base32(ms, TIME_DIGITS) + base32(name, NAME_BITS / 5));
}
