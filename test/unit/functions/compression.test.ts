import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { acceptedEncoding, compressed } from '../../../functions/runtime/http/compression.js';
import { ok } from '../../../functions/runtime/http/http-response.js';

test.each([
  [undefined, undefined],
  ['', undefined],
  ['identity', undefined],
  ['deflate', undefined],
  ['gzip', 'gzip'],
  ['br', 'br'],
  ['gzip, deflate, br', 'br'],
  ['GZIP', 'gzip'],
  ['br;q=0, gzip', 'gzip'],
  ['br;q=0.0,gzip;q=0', undefined],
  ['br;q=0.2, gzip;q=0.8', 'gzip'],
  ['*', 'br'],
  ['*;q=0', undefined],
  ['gzip;q=0, *', 'br'],
  ['br;q=0, *;q=0.5', 'gzip'],
  ['gzip ; q=1.0', 'gzip'],
  ['br;q=nonsense', undefined],
])('[TR2] Accept-Encoding %j gives %s', (header, encoding) => {
  expect(acceptedEncoding(header)).toBe(encoding);
});

const decoders = { br: brotliDecompressSync, gzip: gunzipSync };
const body = { text: 'Grüße und viel mehr Text, '.repeat(100) };

test.each(['br', 'gzip'] as const)(
  'an answer over 1 KB is %s-encoded, and decodes to what it was',
  async (encoding) => {
    const answer = await compressed(ok(body), encoding);
    expect(answer.isBase64Encoded).toBe(true);
    expect(answer.headers).toMatchObject({ 'content-encoding': encoding, vary: 'Accept-Encoding' });
    const decoded = decoders[encoding](Buffer.from(answer.body ?? '', 'base64')).toString();
    expect(JSON.parse(decoded)).toEqual(body);
  },
);

test('[TR2] an answer of exactly 1 KB goes as it is, and says that it could be otherwise', async () => {
  const text = 'x'.repeat(1024 - JSON.stringify({ text: '' }).length);
  const answer = await compressed(ok({ text }), 'br');
  expect(Buffer.byteLength(answer.body ?? '')).toBe(1024);
  expect(answer.isBase64Encoded).toBeUndefined();
  expect(answer.headers).toEqual({ 'content-type': 'application/json', vary: 'Accept-Encoding' });
});

test('the limit is in bytes, not in characters', async () => {
  const answer = await compressed(ok({ text: 'ü'.repeat(600) }), 'gzip');
  expect(answer.headers['content-encoding']).toBe('gzip');
});

test('a large answer goes as it is to who accepts no encoding', async () => {
  const answer = await compressed(ok(body), 'br;q=0');
  expect(JSON.parse(answer.body ?? '')).toEqual(body);
  expect(answer.headers).not.toHaveProperty('content-encoding');
});
