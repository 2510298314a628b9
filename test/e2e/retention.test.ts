import { DynamoDBClient, GetItemCommand, QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { decodeItem } from '../../core/dynamodb/codec.js';
import { ENTRIES } from '../../core/model/keys.js';
import type { LogEntry } from '../../core/model/log-entry.js';
import { indexOf } from '../../core/model/version.js';
import { aConversation, aMessage } from '../support/builders.js';
import {
  call,
  cloud,
  type Device,
  fine,
  names,
  tokenFor,
  User,
  unique,
  type WireChange,
} from '../support/cloud.js';
import { aSession, modify, remove, statuses } from '../support/cloud-box.js';
import type { SyncRequest } from '../support/cloud-socket.js';
import { eventually } from '../support/eventually.js';

const DAY_SECONDS = 24 * 3600;
const WITHIN_MS = 40_000; // until the server finds, collects and commits the expired elements
jest.setTimeout(90_000);

let dynamodb: DynamoDBClient;
beforeAll(() => {
  dynamodb = new DynamoDBClient({
    endpoint: cloud.dynamodbEndpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'localcloud', secretAccessKey: 'localcloud' },
  });
});
afterAll(() => dynamodb.destroy());

const admin = () => tokenFor('provider', 'cpm/admin');

/**
 * A user whose box has this policy. The test changes expiry times in the database instead of waiting for
 * days.
 */
async function aUserUnder(policy: object): Promise<User> {
  const user = new User();
  const token = await admin();
  const policyId = `retention-${unique()}`;
  await fine('PUT', `/v1/policies/${policyId}`, { token, body: policy });
  await fine('PUT', `/v1/users/${encodeURIComponent(user.id)}/box`, { token, body: { policyId } });
  return user;
}

const keyOf = (user: User, sk: string) => ({
  TableName: cloud.storeTable,
  Key: { box: { S: user.id }, sk: { S: sk } },
});
/** The item of an element, once the log was applied to the items. */
const itemOf = (user: User, sk: string) =>
  eventually(async () => {
    const { Item } = await dynamodb.send(new GetItemCommand(keyOf(user, sk)));
    if (!Item) throw new Error(`${sk} must become an item`);
    return Item;
  });
const expiresAt = async (user: User, sk: string) => Number((await itemOf(user, sk)).expiresAt?.N);

const newestEntry = async (user: User): Promise<LogEntry> => {
  const { Items: [image = {}] = [] } = await dynamodb.send(
    new QueryCommand({
      TableName: cloud.storeTable,
      KeyConditionExpression: 'box = :box AND begins_with(sk, :entries)',
      ExpressionAttributeValues: { ':box': { S: user.id }, ':entries': { S: ENTRIES } },
      ScanIndexForward: false,
      Limit: 1,
    }),
  );
  return decodeItem(image).item as LogEntry;
};

/**
 * Registers devices until an entry records that the items follow the log up to `version`. Registrations are
 * entries without changes for devices. Without this record, a function could apply the entry again, after its
 * item was deleted early.
 */
const entriesApplied = (user: User, version: number) =>
  eventually(async () => {
    await user.device(`onlooker-${unique()}`);
    if ((await newestEntry(user)).projected < indexOf(version))
      throw new Error('the entry must be recorded as applied');
  });

const setTime = (user: User, sk: string, seconds: number) =>
  dynamodb.send(
    new UpdateItemCommand({
      ...keyOf(user, sk),
      UpdateExpression: 'SET expiresAt = :time',
      ConditionExpression: 'attribute_exists(expiresAt)',
      ExpressionAttributeValues: { ':time': { N: String(seconds) } },
    }),
  );

const itemsApplied = async (user: User, ...sks: string[]): Promise<void> => {
  const items = await Promise.all(sks.map((sk) => itemOf(user, sk)));
  await entriesApplied(user, Math.max(...items.map(({ v }) => Number(v?.N))));
};

/** Sets the expiry time of items to now. */
async function endTimeOf(user: User, ...sks: string[]): Promise<void> {
  await itemsApplied(user, ...sks);
  // The stream has times in whole seconds. A removal in the second of the box's creation counts as one of an
  // earlier box.
  await new Promise((settle) => setTimeout(settle, 1000));
  for (const sk of sks) await setTime(user, sk, Math.floor(Date.now() / 1000) - 1);
}

/** Synchronizes until this many changes have arrived. */
async function changesOf(device: Device, count: number): Promise<WireChange[]> {
  const changes: WireChange[] = [];
  for (const deadline = Date.now() + WITHIN_MS; changes.length < count && Date.now() < deadline; ) {
    changes.push(...(await device.synchronize()).changes);
    await new Promise((settle) => setTimeout(settle, 200));
  }
  return changes;
}

test('[RT1, RT3, RT4, PU1] when a message expires, the device gets a synchronization request and the removal, and the id answers gone', async () => {
  const user = await aUserUnder({ retentionDays: 30 });
  const phone = await user.device('phone', { pushWindowMs: 0 });
  const at = Math.floor(Date.now() / 1000);
  await user.deposit(aMessage({ id: 'm1', flags: ['\\Seen'] }), aMessage({ id: 'm2' }));
  await phone.synchronize();
  const days = ((await expiresAt(user, 'E#c1#M#m1')) - at) / DAY_SECONDS;
  expect(days).toBeGreaterThanOrEqual(30);
  expect(days).toBeLessThan(30.01);

  // The token of the device also records how far the items follow the log, and the server uses it for the
  // next write.
  await itemsApplied(user, 'E#c1#M#m1');
  await phone.synchronize();
  const socket = await phone.connect();
  await endTimeOf(user, 'E#c1#M#m1');
  expect(await statuses(phone, modify('messageState', 'm1', { addFlags: ['\\Flagged'] }))).toEqual(['gone']);
  expect(await socket.next<SyncRequest>(WITHIN_MS)).toMatchObject({
    type: 'syncRequest',
    changes: { message: 1 },
    conversations: ['c1'],
  });
  expect(names((await phone.synchronize()).changes)).toEqual(['message m1 expired']);
  expect(
    await statuses(
      phone,
      aMessage({ id: 'm1' }),
      modify('message', 'm1', { subject: 'x' }),
      remove('message', 'm1'),
      modify('messageState', 'm2', { addFlags: ['\\Seen'] }),
    ),
  ).toEqual(['gone', 'gone', 'unchanged', 'applied']);
  const tablet = await user.device('tablet');
  expect(names((await tablet.synchronize()).changes)).toEqual([
    'folder RCSMessageStore',
    'folder default',
    'conversationHistory c1',
    'message m2',
    'messageState m2',
  ]);
});

test('[RT4] an expired message is in no history and no initial synchronization, and counts until it is removed', async () => {
  const user = await aUserUnder({ retentionDays: 1, maxMessages: 2 });
  await user.deposit(aMessage({ id: 'm1' }), aMessage({ id: 'm2' }));
  await endTimeOf(user, 'E#c1#M#m1');
  const phone = await user.device('phone');
  expect(names((await phone.synchronize()).changes)).not.toContain('message m1');
  const history = await phone.call<{ elements: WireChange[] }>(
    'GET',
    '/v1/conversations/c1/messages?deviceId=phone',
  );
  expect(names(history.body.elements)).toEqual(['message m2']);
  const full = async () => (await user.deposit(aMessage({ id: 'm3' }))).results.map(({ status }) => status);
  let status = await full();
  for (const deadline = Date.now() + WITHIN_MS; status[0] === 'quotaExceeded' && Date.now() < deadline; ) {
    await new Promise((settle) => setTimeout(settle, 300));
    status = await full();
  }
  expect(status).toEqual(['applied']);
});

test('[RT5] a session history is kept for a late message, and expires with its messages', async () => {
  const user = await aUserUnder({ retentionDays: 1 });
  const phone = await user.device('phone');
  await user.deposit(aConversation({ id: 'c1' }), aSession('s1'));
  const soon = Math.floor(Date.now() / 1000) + 3600;
  await itemOf(user, 'E#c1#S#s1');
  await setTime(user, 'E#c1#S#s1', soon);
  await user.deposit(aMessage({ id: 'm1', sessionId: 's1' }));
  const message = await expiresAt(user, 'E#c1#M#m1');
  const session = await eventually(async () => {
    const time = await expiresAt(user, 'E#c1#S#s1');
    if (time === soon) throw new Error('the session history must be kept longer');
    return time;
  });
  expect(session).toBeGreaterThanOrEqual(message);
  expect(session - message).toBeLessThanOrEqual(DAY_SECONDS);
  await phone.synchronize();
  await endTimeOf(user, 'E#c1#M#m1', 'E#c1#S#s1');
  expect(names(await changesOf(phone, 2)).sort()).toEqual([
    'message m1 expired',
    'sessionHistory s1 expired',
  ]);
  expect(await statuses(phone, aSession('s1'), aMessage({ id: 'm2', sessionId: 's1' }))).toEqual([
    'gone',
    'gone',
  ]);
});

test('a policy shows its retentionDays, and must have a valid number of days', async () => {
  const token = await admin();
  const path = `/v1/policies/retention-${unique()}`;
  expect((await call('PUT', path, { token, body: { retentionDays: 730 } })).body).toEqual({
    retentionDays: 730,
  });
  expect((await call('GET', path, { token })).body).toEqual({ retentionDays: 730 });
  for (const retentionDays of [0, -1, 1.5, '7', null, 36_501]) {
    const { status, body } = await call('PUT', path, { token, body: { retentionDays } });
    expect([status, body.type, body.errors?.map(({ pointer }) => pointer)]).toEqual([
      400,
      '/problems/invalid-request',
      ['/retentionDays'],
    ]);
  }
});
