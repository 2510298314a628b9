import { createHash } from 'node:crypto';
import { messageIdOf } from '../../../protocol/message-id.js';

/** Worked out another way: bits as text, five at a time. */
function workedOut(ms: number, stableName: string): string {
  const letters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  const fives = (bits: string) =>
    (bits.match(/.{5}/g) ?? []).map((five) => letters[Number.parseInt(five, 2)]).join('');
  const digest = createHash('sha256').update(stableName, 'utf8').digest('hex').slice(0, 10);
  const nameBits = [...digest]
    .map((nibble) => Number.parseInt(nibble, 16).toString(2).padStart(4, '0'))
    .join('');
  return fives(ms.toString(2).padStart(50, '0')) + fives(nameBits);
}

test.each([
  // ULID's own example of a time: 1469918176385 is 01ARYZ6S41. SHA-256 of 'abc' begins ba7816bf8f.
  ['2016-07-30T22:36:16.385Z', 'abc', '01ARYZ6S41Q9W1DFWF'],
  // SHA-256 of '' begins e3b0c44298.
  ['1970-01-01T00:00:00Z', '', '0000000000WERC8GMR'],
])('of %s and %j it is %s', (date, name, id) => {
  expect(messageIdOf(date, name)).toBe(id);
});

test.each([
  ['2026-02-28T09:00:00Z', 'imdn-1'],
  ['2026-02-28T09:00:00.001Z', 'imdn-1'],
  ['9999-12-31T23:59:59.999Z', 'é ～ 😀'],
  ['1970-01-01T00:00:00.001Z', 'x'.repeat(1000)],
])('[EL7] of %s and %j it is what is worked out by hand', (date, name) => {
  const id = messageIdOf(date, name);
  expect(id).toBe(workedOut(Date.parse(date), name));
  expect(id).toMatch(/^[0-9A-HJKMNP-TV-Z]{18}$/);
});

test('[EL7] sorts by time', () => {
  const dates = [
    '1970-01-01T00:00:00Z',
    '2001-09-09T01:46:40Z',
    '2026-02-28T09:00:00Z',
    '2026-02-28T09:00:00.001Z',
  ];
  const ids = dates.map((date, i) => messageIdOf(date, `name ${9 - i}`));
  expect([...ids].sort()).toEqual(ids);
});

test('of a time before 1970 is that of 1970', () => {
  expect(messageIdOf('1969-07-20T20:17:40Z', 'a')).toBe(messageIdOf('1970-01-01T00:00:00Z', 'a'));
});

test('differs by name, and by the millisecond, and is the same for digits beyond it', () => {
  const date = '2026-02-28T09:00:00.001Z';
  expect(messageIdOf(date, 'a')).not.toBe(messageIdOf(date, 'b'));
  expect(messageIdOf(date, 'a')).not.toBe(messageIdOf('2026-02-28T09:00:00.002Z', 'a'));
  expect(messageIdOf('2026-02-28T09:00:00.0019Z', 'a')).toBe(messageIdOf(date, 'a'));
});

test.each(['2026-02-30T09:00:00Z', 'yesterday', '2026-02-28T09:00:00+01:00'])('does not take %s', (date) => {
  expect(() => messageIdOf(date, 'a')).toThrow();
});
