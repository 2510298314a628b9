import { canonicalJson, isSameJson, mergePatch } from '../../../protocol/json.js';

test.each([
  ['members in another order', { a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 }],
  ['a member that is undefined', { a: 1, b: undefined }, { a: 1 }],
  ['-0 and 0', { a: -0 }, { a: 0 }],
  ['an undefined entry of a list and null', [undefined], [null]],
])('values are the same when they differ only in %s', (_, a, b) => {
  expect(canonicalJson(a)).toBe(canonicalJson(b));
  expect(isSameJson(a, b)).toBe(true);
});

test.each([
  ['the order of a list', [1, 2], [2, 1]],
  ['a number beyond all others and null', { a: Number.POSITIVE_INFINITY }, { a: null }],
  ['such a number and its name', Number.POSITIVE_INFINITY, 'Infinity'],
  ['an absent value and null', undefined, null],
  ['a list and an object', [], {}],
])('values are not the same when they differ in %s', (_, a, b) => {
  expect(isSameJson(a, b)).toBe(false);
});

test('a patch deletes, merges and replaces members, and leaves its arguments alone', () => {
  const target = { a: 1, b: { c: 2, d: 3 }, e: [1] };
  expect(mergePatch(target, { a: null, b: { c: 4 }, e: [2], f: undefined })).toEqual({
    b: { c: 4, d: 3 },
    e: [2],
  });
  expect(mergePatch(target, 'text')).toBe('text');
  expect(mergePatch('text', { a: { b: null } })).toEqual({ a: {} });
  expect(target).toEqual({ a: 1, b: { c: 2, d: 3 }, e: [1] });
});
