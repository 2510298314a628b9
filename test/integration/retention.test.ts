import {
  type AttributeValue,
  DeleteItemCommand,
  GetItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { decodeItem } from '../../core/dynamodb/codec.js';
import { DynamoRegistry } from '../../core/dynamodb/registry.js';
import { expireElements } from '../../core/lifecycle/expire.js';
import { readTail } from '../../core/log/tail.js';
import type { BoxId } from '../../core/model/items.js';
import type { StoredItem } from '../../core/model/stored-item.js';
import { DAY_MS } from '../../core/model/timing.js';
import type { PolicyId } from '../../protocol/ids.js';
import { aConversation, aMessage, aSession, modification, stateChange } from '../support/builders.js';
import { makeTables, type Tables } from '../support/dynamodb-tables.js';
import { Rig } from '../support/rig.js';
import { expiredAmong } from '../support/time-to-live.js';

const SESSION = 'E#c1#S#s1';
const MESSAGE = 'E#c1#M#m1';

let tables: Tables;
let rig: Rig;
let box: BoxId;
let boxes = 0;

beforeAll(async () => {
  tables = await makeTables();
});
afterAll(() => tables.remove());
beforeEach(async () => {
  const { client, registryTable } = tables;
  rig = new Rig(tables.store, new DynamoRegistry(client, registryTable)); // has no policy yet
  rig.clock.nowMs = Date.now();
  box = `tel:+1888${++boxes}` as BoxId;
  await rig.registry.putPolicy('default' as PolicyId, { retentionDays: 7 });
});

const key = (sk: string) => ({ TableName: tables.storeTable, Key: { box: { S: box }, sk: { S: sk } } });
const image = async (sk: string): Promise<Record<string, AttributeValue> | undefined> =>
  (await tables.client.send(new GetItemCommand({ ...key(sk), ConsistentRead: true }))).Item;
const expiresAt = async (sk: string) => Number((await image(sk))?.expiresAt?.N);
/** Deletes an item as its time to live would. @returns the item, as the stream reports it. */
async function removed(sk: string): Promise<StoredItem> {
  const command = new DeleteItemCommand({ ...key(sk), ReturnValues: 'ALL_OLD' });
  const { Attributes = {} } = await tables.client.send(command);
  return decodeItem(Attributes).item;
}
/** Statuses of operations. Afterwards the stream reader has applied them. */
const statuses = async (...operations: object[]) => {
  const { results } = await rig.deposit(box, ...operations);
  await rig.projected(box);
  return results.map(({ status }) => status);
};
const head = async () => {
  const tail = await readTail(rig.core, box);
  if (!tail) throw new Error('the box must exist');
  return tail.head;
};

test('an item keeps the expiry time of its element in seconds, in the time-to-live attribute of the table', async () => {
  const at = rig.clock.nowMs;
  await statuses(aConversation(), aSession(), aMessage({ id: 'm1', sessionId: 's1' }));
  const inSeconds = Math.ceil((at + 7 * DAY_MS) / 1000);
  expect(await expiresAt(MESSAGE)).toBe(inSeconds);
  expect(await expiresAt(SESSION)).toBe(inSeconds);
  rig.clock.nowMs += DAY_MS;
  await statuses(
    stateChange('m1', { addFlags: ['\\Seen'] }),
    modification('message', 'm1', { subject: 'x' }),
    modification('sessionHistory', 's1', { subject: 'x' }),
  );
  expect(await expiresAt(MESSAGE)).toBe(inSeconds);
  expect(await expiresAt(SESSION)).toBe(inSeconds);
});

test('a session history has no expiry time when it must be kept with its messages', async () => {
  await statuses(aConversation(), aSession());
  await rig.registry.putPolicy('default' as PolicyId, {});
  rig.clock.nowMs += 1000;
  await statuses(aMessage({ id: 'm1', sessionId: 's1' }));
  expect(await image(SESSION)).toBeDefined();
  expect(await image(SESSION)).not.toHaveProperty('expiresAt');
});

test('an expired element is removed, reported to devices and subtracted from the counts once', async () => {
  const phone = await rig.device(box, 'phone');
  await statuses(aConversation(), aSession(), aMessage({ id: 'm1', sessionId: 's1', flags: ['\\Seen'] }));
  const { syncToken = '' } = await rig.syncAll(phone);
  const counts = (await head()).counts;
  rig.clock.nowMs += 8 * DAY_MS;
  const expired = expiredAmong([await removed(MESSAGE), await removed(SESSION)], rig.clock.nowMs);
  expect(expired.map(({ element }) => element.kind)).toEqual(['message', 'sessionHistory']);
  await Promise.all([expireElements(rig.core, box, expired), expireElements(rig.core, box, expired)]);
  expect((await rig.syncAll(phone, { syncToken })).changes).toMatchObject([
    { type: 'sessionHistory', id: 's1', removed: 'expired' },
    { type: 'message', id: 'm1', removed: 'expired' },
  ]);
  expect((await head()).counts).toMatchObject({
    conversationHistory: counts.conversationHistory,
    sessionHistory: 0,
    message: 0,
    messageState: 0,
  });
  expect((await head()).counts.bytes).toBeLessThan(counts.bytes);
  expect(await statuses(aMessage({ id: 'm1', seed: false }), aSession())).toEqual(['gone', 'gone']);
});

test('an expired element answers gone while the database still has it', async () => {
  await statuses(aMessage({ id: 'm1' }));
  await tables.client.send(
    new UpdateItemCommand({
      ...key(MESSAGE),
      UpdateExpression: 'SET expiresAt = :past',
      ExpressionAttributeValues: { ':past': { N: String(Math.floor(rig.clock.nowMs / 1000) - 1) } },
    }),
  );
  expect(await statuses(aMessage({ id: 'm1' }), stateChange('m1', { addFlags: ['\\Seen'] }))).toEqual([
    'gone',
    'gone',
  ]);
  expect(await image(MESSAGE)).toBeDefined();
});
