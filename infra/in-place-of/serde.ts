import { randomUUID } from 'node:crypto';

/** Stands in a bundle for text, bytes and numbers as every JavaScript has them: Node does most of that by itself. */
const bytesOf = (buffer: Buffer): Uint8Array =>
  new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
const bufferOf = (data: string | ArrayBuffer | ArrayBufferView): Buffer =>
  typeof data === 'string'
    ? Buffer.from(data)
    : ArrayBuffer.isView(data)
      ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
      : Buffer.from(data);

export const toUtf8 = (data: string | Uint8Array): string =>
  typeof data === 'string' ? data : bufferOf(data).toString();
export const fromUtf8 = (text: string): Uint8Array => bytesOf(Buffer.from(text));
export const toBase64 = (data: string | Uint8Array): string => bufferOf(data).toString('base64');
export const fromBase64 = (text: string): Uint8Array => bytesOf(Buffer.from(text, 'base64'));
export const toHex = (data: Uint8Array): string => bufferOf(data).toString('hex');
export const fromHex = (text: string): Uint8Array => bytesOf(Buffer.from(text, 'hex'));
export const toUint8Array = (data: string | ArrayBuffer | ArrayBufferView): Uint8Array =>
  data instanceof Uint8Array ? data : bytesOf(bufferOf(data));
export const concatBytes = (parts: readonly Uint8Array[]): Uint8Array => bytesOf(Buffer.concat(parts));
export const isArrayBuffer = (value: unknown): boolean => value instanceof ArrayBuffer;
export const calculateBodyLength = (body?: string | Uint8Array): number =>
  body ? Buffer.byteLength(body) : 0;

export async function streamCollector(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return concatBytes(parts);
}
export const Uint8ArrayBlobAdapter = { mutate: (bytes: Uint8Array): Uint8Array => bytes };

export const v4 = randomUUID;
export const generateIdempotencyToken = (): string => randomUUID();
export const hasOwn = Object.hasOwn;

/** So that a key `__proto__` of an answer is a key like others. */
export const writeKey = (target: object): void => {
  Object.defineProperty(target, '__proto__', {
    value: undefined,
    writable: true,
    enumerable: true,
    configurable: true,
  });
};

/** @param seconds since 1970, with a fraction */
export const _parseEpochTimestamp = (seconds?: number | string | null): Date | undefined =>
  seconds == null ? undefined : new Date(Math.round(Number(seconds) * 1000));
export const parseEpochTimestamp = _parseEpochTimestamp;

export const parseRfc7231DateTime = (text?: string | null): Date | undefined =>
  text == null ? undefined : new Date(text);
export const _parseRfc7231DateTime = parseRfc7231DateTime;

const unused = (): never => {
  throw new Error(
    'no call that we make uses this, so it is not in the bundle: see infra/in-place-of/serde.ts',
  );
};
export const parseRfc3339DateTimeWithOffset = unused;
export const _parseRfc3339DateTimeWithOffset = unused;
export const dateToUtcString = unused;
export const quoteHeader = unused;
export const splitHeader = unused;
export const splitEvery = unused;
export const expectUnion = unused;
export const sdkStreamMixin = unused;
export const nv = unused;

/** A number of more digits than JavaScript's have: those of the database come as text. */
export class NumericValue {
  constructor(
    readonly string: string,
    readonly type: string,
  ) {}
}
export const LazyJsonString = { from: unused };
