import { randomBytes } from 'node:crypto';
import type { BoxId } from '../../core/model/items.js';
import { SnapshotTooLarge } from '../../core/ports/store.js';
import { anItem, describeStore } from '../contract/store-contract.js';
import { makeTables, type Tables } from '../support/dynamodb-tables.js';

let tables: Tables;
beforeAll(async () => {
  tables = await makeTables();
});
afterAll(() => tables.remove());

describeStore('on DynamoDB', async () => tables.store);

describe('more than DynamoDB gives in one answer', () => {
  const box = 'tel:+15559999' as BoxId;
  const keys = Array.from({ length: 44 }, (_, i) => `A#${String(i).padStart(2, '0')}`);

  beforeAll(async () => {
    for (let i = 0; i < keys.length; i += 8) {
      const items = keys.slice(i, i + 8).map((sk) => anItem(sk, 1, randomBytes(350_000).toString('hex')));
      await tables.store.write(
        box,
        items.map((put) => ({ put, when: 'absent' })),
      );
    }
  });

  test('a snapshot of more than 4 MB is said to be too large', async () => {
    await expect(tables.store.snapshot(box, keys.slice(0, 20))).rejects.toThrow(SnapshotTooLarge);
  });

  test('a snapshot of less than 4 MB is not', async () => {
    expect((await tables.store.snapshot(box, keys.slice(0, 5)))?.size).toBe(5);
  });

  test('items of more than 16 MB are all got, since what was left unprocessed is asked for again', async () => {
    expect((await tables.store.get(box, keys)).size).toBe(keys.length);
  });
});

test('a failure that is no refusal is thrown, so that nobody takes it for one', async () => {
  const write = tables.store.write('tel:+1' as BoxId, [{ put: anItem(''), when: 'absent' }]);
  await expect(write).rejects.toThrow(/key/i);
});
