import { createHash } from 'node:crypto';
import * as z from 'zod/mini';

/** A message attribute on the wire; binary values are base64. */
export const messageAttributeSchema = z.strictObject({
  DataType: z.string(),
  StringValue: z.optional(z.string()),
  BinaryValue: z.optional(z.string()),
});
export type MessageAttributes = Record<string, z.infer<typeof messageAttributeSchema>>;

/** A message in a queue. Times are milliseconds since 1970. */
export interface Message {
  readonly id: string;
  readonly body: string;
  readonly attributes: MessageAttributes;
  readonly sentAtMs: number;
  /** Hidden from consumers until then: delayed, or in flight. */
  visibleAtMs: number;
  receiveCount: number;
  firstReceivedAtMs?: number;
  /** Receipt handle of the last receive. Undefined before the first receive. */
  receipt?: string;
}

/** A received message. */
export interface Delivery {
  readonly message: Readonly<Message>;
  readonly receipt: string;
  readonly visibleAtMs: number;
}

/** MD5 digest in hexadecimal digits. */
export const md5 = (data: string | Buffer) => createHash('md5').update(data).digest('hex');

/**
 * Digest of message attributes, undefined for none. They are sorted by name. Name, type and value follow their lengths;
 * one byte distinguishes text and bytes.
 * Source: Amazon SQS Developer Guide, "Calculating the MD5 message digest for message attributes".
 */
export function md5OfAttributes(attributes: MessageAttributes): string | undefined {
  const names = Object.keys(attributes).sort();
  if (names.length === 0) return undefined;
  const parts = names.flatMap((name) => {
    const { DataType, StringValue, BinaryValue } = attributes[name] ?? { DataType: '' };
    const value =
      BinaryValue === undefined ? Buffer.from(StringValue ?? '') : Buffer.from(BinaryValue, 'base64');
    const kind = Buffer.from([BinaryValue === undefined ? 1 : 2]);
    return [
      ...lengthAndBytes(Buffer.from(name)),
      ...lengthAndBytes(Buffer.from(DataType)),
      kind,
      ...lengthAndBytes(value),
    ];
  });
  return md5(Buffer.concat(parts));
}

function lengthAndBytes(bytes: Buffer): [Buffer, Buffer] {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return [length, bytes];
}

/** Size of a message: body, and names, types and values of its attributes. Unit: bytes. */
export function sizeOf(body: string, attributes: MessageAttributes): number {
  const ofAttributes = Object.entries(attributes).map(
    ([name, { DataType, StringValue, BinaryValue }]) =>
      Buffer.byteLength(name) +
      Buffer.byteLength(DataType) +
      (BinaryValue === undefined
        ? Buffer.byteLength(StringValue ?? '')
        : Buffer.byteLength(BinaryValue, 'base64')),
  );
  return Buffer.byteLength(body) + ofAttributes.reduce((sum, size) => sum + size, 0);
}
