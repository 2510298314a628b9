import { randomBytes } from 'node:crypto';
import { type AttributeValue, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { boxKey, encodeItem } from '../../core/dynamodb/codec.js';
import type { BoxId } from '../../core/model/items.js';
import { describeStore } from '../contract/store-contract.js';
import { makeTables, type Tables } from '../support/dynamodb-tables.js';
import { anEntry, anItem } from '../support/store-items.js';

let tables: Tables;
beforeAll(async () => {
  tables = await makeTables();
});
afterAll(() => tables.remove());

describeStore('on DynamoDB', async () => tables.store);

describe('more than DynamoDB returns in one answer', () => {
  const box = 'tel:+15559999' as BoxId;
  const keys = Array.from({ length: 44 }, (_, i) => `A#${String(i).padStart(2, '0')}`);

  beforeAll(async () => {
    for (let i = 0; i < keys.length; i += 8) {
      const items = keys.slice(i, i + 8).map((sk) => anItem(sk, 1, randomBytes(350_000).toString('hex')));
      await Promise.all(items.map((item) => tables.store.put(box, item, 'always')));
    }
  }, 20_000);

  test('the store gets items of more than 16 MB, since it requests unprocessed keys again', async () => {
    expect((await tables.store.get(box, keys)).size).toBe(keys.length);
    expect((await tables.store.getStale(box, keys)).size).toBe(keys.length);
  });

  test('a query of more than 1 MB returns the last key read', async () => {
    const { items, more, last } = await tables.store.query(box, { from: 'A#', to: 'A$', limit: 44 });
    expect(items.length).toBeLessThan(4);
    expect([more, last]).toEqual([true, items.at(-1)?.sk]);
  });
});

test('the store throws when a write fails for another reason than its condition', async () => {
  const box = 'tel:+1' as BoxId;
  await expect(tables.store.put(box, anItem(''), 'absent')).rejects.toThrow(/key/i);
  await expect(tables.store.append(box, { ...anEntry(1), sk: '' })).rejects.toThrow(/key/i);
  await expect(tables.store.project(box, [{ sk: '', version: 1, content: anItem('') }])).rejects.toThrow(
    /key/i,
  );
});

describe('an item of a newer format', () => {
  const NEWER: AttributeValue = { N: '2' };
  const unavailable = { kind: 'unavailable' };
  let box: BoxId;
  let boxes = 0;

  beforeEach(() => {
    box = `tel:+15558${++boxes}` as BoxId;
  });

  /** Puts an item as a later version of this code might. */
  const putNewer = (image: Record<string, AttributeValue>) =>
    tables.client.send(
      new PutItemCommand({
        TableName: image.pk ? tables.registryTable : tables.storeTable,
        Item: { ...image, f: NEWER },
      }),
    );

  test('is not read, whether alone, among others or in a range', async () => {
    await putNewer(encodeItem(box, anItem('A#1')));
    await tables.store.put(box, anItem('A#2'), 'always');
    const reads = [
      () => tables.store.get(box, ['A#1']),
      () => tables.store.getStale(box, ['A#1']),
      () => tables.store.get(box, ['A#2', 'A#1']),
      () => tables.store.query(box, { from: 'A#', to: 'A$', limit: 5 }),
    ];
    for (const read of reads) await expect(read()).rejects.toMatchObject(unavailable);
    expect((await tables.store.get(box, ['A#2'])).size).toBe(1);
  });

  test('is not read when it has no format', async () => {
    const { f: _, ...image } = encodeItem(box, anItem('A#1'));
    await tables.client.send(new PutItemCommand({ TableName: tables.storeTable, Item: image }));
    await expect(tables.store.get(box, ['A#1'])).rejects.toMatchObject(unavailable);
  });

  test('is not returned as the first entry of an index', async () => {
    await putNewer(encodeItem(box, anEntry(1, 'newer')));
    await expect(tables.store.append(box, anEntry(1, 'mine'))).rejects.toMatchObject(unavailable);
  });

  test('of a device is not read as the device, among all devices, or among the items of the box', async () => {
    await putNewer({
      pk: { S: boxKey(box) },
      sk: { S: 'D#phone' },
      v: { N: '1' },
      b: { S: '{"kind":"device"}' },
    });
    const reads = [
      () => tables.registry.device(box, 'phone' as never),
      () => tables.registry.devices(box),
      () => tables.store.get(box, ['D#phone']),
    ];
    for (const read of reads) await expect(read()).rejects.toMatchObject(unavailable);
  });

  test.each([1, 5])('is not overwritten by %d concurrent writes', async (count) => {
    const image = { ...encodeItem(box, anItem('A#1')), v: { N: '1' } };
    await putNewer(image);
    const writes = Array.from({ length: count }, (_, i) => ({
      sk: `A#${i + 1}`,
      version: 9,
      content: anItem(`A#${i + 1}`),
    }));
    await expect(tables.store.project(box, writes)).rejects.toMatchObject(unavailable);
    const { Item } = await tables.client.send(
      new GetItemCommand({ TableName: tables.storeTable, Key: { box: { S: box }, sk: { S: 'A#1' } } }),
    );
    expect(Item).toEqual({ ...image, f: NEWER });
  });

  test('of a device is not overwritten by any write', async () => {
    const image = { pk: { S: boxKey(box) }, sk: { S: 'D#phone' }, v: { N: '1' }, instanceId: { S: 'i1' } };
    await putNewer(image);
    const device = { deviceId: 'phone' as never, instanceId: 'i1' as never };
    const writes: (() => Promise<unknown>)[] = [
      () => tables.store.project(box, [], { ...device, set: { syncedModSeq: 5 } }),
      () =>
        tables.store.project(box, [
          {
            sk: 'D#phone',
            version: 9,
            content: { kind: 'revokedDevice', sk: 'D#phone', version: 9, scopeVersion: 1 },
          },
        ]),
    ];
    for (const write of writes) await expect(write()).rejects.toMatchObject(unavailable);
  });

  test('is listed among the keys, and can be removed', async () => {
    await putNewer(encodeItem(box, anItem('A#1')));
    await putNewer({ pk: { S: boxKey(box) }, sk: { S: 'D#phone' }, v: { N: '1' } });
    expect((await tables.store.keys(box, 5)).keys).toEqual(['A#1', 'D#phone']);
    await tables.store.remove(box, ['A#1', 'D#phone'], 1);
    expect((await tables.store.keys(box, 5)).keys).toEqual([]);
  });
});
