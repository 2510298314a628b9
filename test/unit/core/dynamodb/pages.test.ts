import {
  BatchGetItemCommand,
  type DynamoDBClient,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { DynamoRegistry } from '../../../../core/dynamodb/registry.js';
import { DynamoStore } from '../../../../core/dynamodb/store.js';
import type { StoredItem } from '../../../../core/model/stored-item.js';
import { ticketPartition } from '../../../../core/model/ticket-partition.js';
import type { DeviceId, InstanceId } from '../../../../protocol/ids.js';
import { BOX } from '../../../support/builders.js';
import { ScriptedDynamoDb } from '../../../support/scripted-dynamodb.js';
import { anItem } from '../../../support/store-items.js';

/** DynamoDB ends a page after 1 MB, whatever the limit, and refuses a batch of more than 100 keys. */
const PAGE_ITEMS = 2;
const BATCH_KEYS_MAX = 100;

let database: ScriptedDynamoDb;
let store: DynamoStore;
let registry: DynamoRegistry;
let client: DynamoDBClient;
beforeEach(() => {
  database = new ScriptedDynamoDb();
  const send = async (command: { input: object }) => {
    if (command instanceof BatchGetItemCommand) {
      const keys = Object.values(command.input.RequestItems ?? {}).flatMap(({ Keys = [] }) => Keys);
      if (keys.length > BATCH_KEYS_MAX)
        throw Object.assign(new Error('too many keys'), { name: 'ValidationException' });
    }
    if (command instanceof QueryCommand) {
      const Limit = Math.min(command.input.Limit ?? PAGE_ITEMS, PAGE_ITEMS);
      return database.client.send(new QueryCommand({ ...command.input, Limit }));
    }
    return database.client.send(command as never);
  };
  client = { send } as unknown as DynamoDBClient;
  store = new DynamoStore(client, 'store', 'registry');
  registry = new DynamoRegistry(client, 'registry');
});

const keysLike = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, i) => `${prefix}${String(i).padStart(3, '0')}`);
const registered = (deviceId: string) => ({
  sk: `D#${deviceId}`,
  version: 1,
  content: { kind: 'device', sk: `D#${deviceId}`, version: 1, deviceId, instanceId: 'i', since: 1 } as never,
});

test('a query that the database ends before the limit says that there is more, and where to continue', async () => {
  const keys = keysLike('A#', 5);
  for (const sk of keys) await store.put(BOX, anItem(sk), 'always');
  const read: string[] = [];
  for (let from: string | undefined = 'A#'; from !== undefined; ) {
    const { items, more, last }: Awaited<ReturnType<DynamoStore['query']>> = await store.query(BOX, {
      from,
      to: 'A$',
      limit: 100,
    });
    read.push(...items.map(({ sk }) => sk));
    from = more && last !== undefined ? `${last}\u0000` : undefined;
  }
  expect(read).toEqual(keys);
});

test('keys of both tables are all listed, in however many pages', async () => {
  const keys = [...keysLike('A#', 5), ...keysLike('D#', 5)];
  for (const sk of keys) await store.put(BOX, anItem(sk), 'always');
  const listed: string[] = [];
  for (let after: string | undefined, more = true; more; ) {
    const page: { keys: readonly string[]; more: boolean } = await store.keys(BOX, 100, after);
    listed.push(...page.keys);
    after = page.keys.at(-1);
    more = page.more;
  }
  expect(listed).toEqual(keys);
});

test('all devices of a box are found, in however many pages', async () => {
  await store.project(BOX, keysLike('phone ', 5).map(registered));
  expect((await registry.devices(BOX)).map(({ deviceId }) => deviceId)).toEqual(keysLike('phone ', 5));
});

test('tickets of a box are found behind pages of those of other boxes on the partition', async () => {
  const holder = (box: string) =>
    ({ box, deviceId: 'd' as DeviceId, instanceId: 'i' as InstanceId }) as never;
  const partition = ticketPartition(BOX);
  for (const ticket of keysLike(`${partition}a`, 5))
    await registry.putTicket(ticket, holder('another'), 2000);
  await registry.putTicket(`${partition}z`, holder(BOX), 2000);
  expect(await registry.removeTickets(BOX)).toBe(1);
  expect(await registry.removeTickets(BOX)).toBe(0);
});

test('any number of items is read, a hundred at a time', async () => {
  const keys = keysLike('A#', 201);
  for (const sk of keys) await store.put(BOX, anItem(sk), 'always');
  expect([...(await store.get(BOX, keys)).keys()].sort()).toEqual(keys);
});

describe('an item of a newer format', () => {
  const NEWER = { N: '99' };
  const isRefused = (work: Promise<unknown>) => expect(work).rejects.toMatchObject({ kind: 'unavailable' });
  const put = (TableName: string, key: object) =>
    database.client.send(
      new PutItemCommand({ TableName, Item: { ...key, f: NEWER, v: { N: '0' } } as never }),
    );

  test('is not written over, neither a device nor anything else', async () => {
    await put('registry', { pk: { S: `B#${BOX}` }, sk: { S: 'D#phone' }, since: { N: '1' } });
    await isRefused(store.project(BOX, [registered('phone')]));
    await put('store', { box: { S: BOX }, sk: { S: 'A#1' } });
    const content = { kind: 'message', sk: 'A#1', version: 5 } as unknown as StoredItem;
    await isRefused(store.project(BOX, [{ sk: 'A#1', version: 5, content } as never]));
    for (const [TableName, sk] of [
      ['registry', 'D#phone'],
      ['store', 'A#1'],
    ] as const) {
      const pk = TableName === 'store' ? { box: { S: BOX } } : { pk: { S: `B#${BOX}` } };
      const { Item } = (await database.call('GetItem', {
        TableName,
        Key: { ...pk, sk: { S: sk } },
        ConsistentRead: true,
      })) as { Item?: { f: object } };
      expect(Item?.f).toEqual(NEWER);
    }
  });
});
