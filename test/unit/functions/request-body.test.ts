import { readJsonBody } from '../../../functions/runtime/http/request-body.js';

const json = { 'content-type': 'application/json' };
const kindOf = (read: () => unknown): unknown => {
  try {
    read();
  } catch (error) {
    return (error as { kind?: unknown }).kind;
  }
  return 'nothing thrown';
};

test.each([
  'application/json',
  'application/json; charset=utf-8',
  'Application/JSON;charset="UTF-8"',
  ' application/json ',
])('[TR1] a body of type %j is read', (type) => {
  expect(readJsonBody({ body: '{"a":1}', headers: { 'content-type': type } })).toEqual({ a: 1 });
});

test.each([
  undefined,
  '',
  'text/plain',
  'application/jsonp',
  'application/json; charset=latin1',
  'text/json',
])('[ER12] a body of type %j is an unsupported media type', (type) => {
  const headers = { 'content-type': type };
  expect(kindOf(() => readJsonBody({ body: '{}', headers }))).toBe('unsupported-media-type');
});

test('[TR1, ER12] a compressed body is an unsupported media type', () => {
  const headers = { ...json, 'content-encoding': 'gzip' };
  expect(kindOf(() => readJsonBody({ body: '{}', headers }))).toBe('unsupported-media-type');
});

test('a body in base64 is decoded first', () => {
  const body = Buffer.from('{"text":"Grüße"}').toString('base64');
  expect(readJsonBody({ body, isBase64Encoded: true, headers: json })).toEqual({ text: 'Grüße' });
});

test.each(['{', '', 'undefined', '{"a":1}}', "{'a':1}"])('[ER6] %j is invalid JSON', (body) => {
  expect(kindOf(() => readJsonBody({ body, headers: json }))).toBe('invalid-json');
});

test('[ER6] bytes that are not UTF-8 are invalid JSON', () => {
  const body = Buffer.from([0x22, 0xff, 0x22]).toString('base64');
  expect(kindOf(() => readJsonBody({ body, isBase64Encoded: true, headers: json }))).toBe('invalid-json');
});

const quoted = (bytes: number): string => `"${'x'.repeat(bytes - 2)}"`;

test('[OP9, ER11] a body of exactly 1 MB is read, one of a byte more is too large', () => {
  expect(readJsonBody({ body: quoted(1_048_576), headers: json })).toHaveLength(1_048_574);
  expect(kindOf(() => readJsonBody({ body: quoted(1_048_577), headers: json }))).toBe('too-large');
});

test('the size is counted in bytes, whether in base64 or not', () => {
  const umlauts = `"${'ü'.repeat(524_288)}"`; // half as many characters
  expect(kindOf(() => readJsonBody({ body: umlauts, headers: json }))).toBe('too-large');
  const body = Buffer.from(quoted(1_000_000)).toString('base64'); // a third more characters
  expect(readJsonBody({ body, isBase64Encoded: true, headers: json })).toHaveLength(999_998);
});
