import { folderNameSchema } from '../../../protocol/elements/folder.js';
import { flagSchema } from '../../../protocol/elements/message-state.js';
import { conversationIdSchema, idSchema, modSeqSchema } from '../../../protocol/ids.js';
import { instantSchema, textSchema, uriSchema, utf8Length } from '../../../protocol/text.js';

const accepts = (schema: { safeParse(input: unknown): { success: boolean } }, input: unknown) =>
  schema.safeParse(input).success;

describe('an id is 1 to 128 bytes of UTF-8, any but control characters', () => {
  test.each([
    ['one character', 'x'],
    ['128 bytes', 'x'.repeat(128)],
    ['128 bytes of two each', 'é'.repeat(64)],
    ['128 bytes of four each', '😀'.repeat(32)],
    ['what keys are made of', '#"$%/\\ '],
    ['spaces alone', '   '],
    ['what is written from right to left', 'שלום'],
    ['a combining mark', 'e\u0301'],
    ['a line separator', 'a\u2028b'],
  ])('%s', (_, id) => {
    expect(accepts(idSchema, id)).toBe(true);
    expect(conversationIdSchema.parse(id)).toBe(id);
  });

  test.each([
    ['nothing', ''],
    ['129 bytes', 'x'.repeat(129)],
    ['129 bytes in 43 characters', '～'.repeat(43)],
    ['a line feed', 'a\nb'],
    ['a zero', 'a\u0000'],
    ['a delete', 'a\u007f'],
    ['a C1 control', 'a\u0085'],
    ['half of a surrogate pair', 'a\ud83d'],
    ['a number', 7],
    ['null', null],
  ])('not %s', (_, id) => {
    expect(accepts(idSchema, id)).toBe(false);
  });
});

test.each([
  ['', 0],
  ['abc', 3],
  ['é', 2],
  ['～', 3],
  ['😀', 4],
])('%j is %i bytes of UTF-8', (text, bytes) => {
  expect(utf8Length(text)).toBe(bytes);
});

describe('a time is RFC 3339 in UTC', () => {
  test.each([
    '2026-01-31T08:15:00Z',
    '2026-01-31T08:15:00.1Z',
    '2026-01-31T08:15:00.123456789Z',
    '2024-02-29T23:59:59Z',
    '0001-01-01T00:00:00Z',
    '9999-12-31T23:59:59.999Z',
  ])('%s', (text) => {
    expect(instantSchema.parse(text)).toBe(text);
  });

  test.each([
    ['the 30th of February', '2026-02-30T08:15:00Z'],
    ['29 February of no leap year', '2026-02-29T08:15:00Z'],
    ['the 13th month', '2026-13-01T08:15:00Z'],
    ['hour 25', '2026-01-31T25:15:00Z'],
    ['hour 24', '2026-01-31T24:00:00Z'],
    ['minute 60', '2026-01-31T08:60:00Z'],
    ['another zone', '2026-01-31T08:15:00+01:00'],
    ['no zone', '2026-01-31T08:15:00'],
    ['a space', '2026-01-31 08:15:00Z'],
    ['small letters', '2026-01-31t08:15:00z'],
    ['a day', '2026-01-31'],
    ['ten digits of a second', '2026-01-31T08:15:00.1234567890Z'],
    ['a bare point', '2026-01-31T08:15:00.Z'],
    ['something behind it', '2026-01-31T08:15:00Z\n'],
    ['a number', 1_769_847_300],
  ])('not %s', (_, text) => {
    expect(accepts(instantSchema, text)).toBe(false);
  });
});

describe('a uri has a scheme and something behind it', () => {
  test.each(['tel:+15550100', 'sip:a@example.com', 'urn:x', 'a+b.c-d:e', 'mailto:é@example.com'])(
    '%s',
    (uri) => {
      expect(accepts(uriSchema, uri)).toBe(true);
    },
  );

  test.each(['', 'tel:', '+15550100', ':x', '1a:x', 'tel:+1 5', `tel:${'1'.repeat(2048)}`, 'tel:\ud83d'])(
    'not %j',
    (uri) => {
      expect(accepts(uriSchema, uri)).toBe(false);
    },
  );
});

describe('a flag is a system flag or a keyword', () => {
  test.each([
    '\\Seen',
    '\\Answered',
    '\\Flagged',
    '\\Draft',
    '\\Deleted',
    '\\read-report-sent',
    '$Forwarded',
    '$MDNSent',
    'anything',
    'ünïcode',
    'x'.repeat(128),
  ])('%s', (flag) => {
    expect(accepts(flagSchema, flag)).toBe(true);
  });

  test.each([
    '',
    '\\Recent',
    '\\seen',
    'two words',
    'a(b',
    'a)b',
    'a{b',
    'a%b',
    'a*b',
    'a"b',
    'a\\b',
    'a]b',
    'x'.repeat(129),
  ])('not %j', (flag) => {
    expect(accepts(flagSchema, flag)).toBe(false);
  });
});

describe('a folder name', () => {
  test('[FO3, FO5] has its characters counted in NFC, which may be fewer than were sent, or more', () => {
    expect(accepts(folderNameSchema, 'e\u0301'.repeat(255))).toBe(true);
    expect(accepts(folderNameSchema, 'e\u0301'.repeat(256))).toBe(false);
    expect(accepts(folderNameSchema, '\uFB2C'.repeat(85))).toBe(true); // three of Hebrew for each
    expect(accepts(folderNameSchema, '\uFB2C'.repeat(86))).toBe(false);
  });

  test.each(['', 'a/b', '/', 'x'.repeat(256), '😀'.repeat(256), 'a\tb', '\ud83d'])('is not %j', (name) => {
    expect(accepts(folderNameSchema, name)).toBe(false);
  });

  test.each(['x', 'x'.repeat(255), '😀'.repeat(255), '..', ' ', 'a\\b', '家族'])('may be %j', (name) => {
    expect(accepts(folderNameSchema, name)).toBe(true);
  });
});

test('text is anything that survives UTF-8', () => {
  for (const text of ['', '\n\t\u0000', '😀', '\uFEFF']) expect(accepts(textSchema, text)).toBe(true);
  for (const text of ['\ud83d', 'a\ude00b', '\ude00\ud83d']) expect(accepts(textSchema, text)).toBe(false);
});

test.each([
  [1, true],
  [Number.MAX_SAFE_INTEGER, true],
  [0, false],
  [-1, false],
  [1.5, false],
  [Number.MAX_SAFE_INTEGER + 1, false],
  ['1', false],
])('a modSeq of %p: %s', (modSeq, isOne) => {
  expect(accepts(modSeqSchema, modSeq)).toBe(isOne);
});
