import { itemBytes, readUnits, writeUnits } from '../../../bench/support/units.js';

test('an item has the bytes of its names and values, numbers two digits a byte', () => {
  expect(itemBytes({ sk: { S: 'é' } })).toBe(2 + 2);
  expect(itemBytes({ n: { N: '1234' } })).toBe(1 + 3);
  expect(itemBytes({ n: { N: '-5' } })).toBe(1 + 3);
  expect(itemBytes({ n: { N: '1000' } })).toBe(1 + 2); // trailing zeros are not significant
  expect(itemBytes({ b: { B: new Uint8Array(700) } })).toBe(701);
  expect(itemBytes({ l: { L: [{ BOOL: true }, { NULL: true }] } })).toBe(1 + 3 + 4);
  expect(itemBytes({ m: { M: { a: { S: 'xy' } } } })).toBe(1 + 3 + 1 + 3);
});

test('reads are billed by 4 KB, half of it where they need not be consistent', () => {
  expect(readUnits(0)).toBe(0.5);
  expect(readUnits(4096, { consistent: true })).toBe(1);
  expect(readUnits(4097, { consistent: true })).toBe(2);
});

test('writes are billed by 1 KB', () => {
  expect(writeUnits(1)).toBe(1);
  expect(writeUnits(1025)).toBe(2);
  expect(writeUnits(1024)).toBe(1);
});
