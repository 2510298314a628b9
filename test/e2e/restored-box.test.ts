import { setTimeout } from 'node:timers/promises';
import { DeleteItemCommand, PutItemCommand, paginateQuery } from '@aws-sdk/client-dynamodb';
import { aMessage } from '../support/builders.js';
import { cloud, names, User, type WireSync } from '../support/cloud.js';
import { clientOf, type Image } from '../support/cloud-tables.js';

// Restores a box from a backup as docs/runbook.md describes, while its devices keep their state.

const client = clientOf(cloud.dynamodbEndpoint);
/** Both tables, with the key attributes of the items of a box. */
const TABLES = [
  { TableName: cloud.storeTable, partition: 'box', owner: ({ id }: User) => id },
  { TableName: cloud.registryTable, partition: 'pk', owner: ({ id }: User) => `B#${id}` },
];

interface Found {
  readonly TableName: string;
  readonly Key: Image;
  readonly Item: Image;
}

async function itemsOf(user: User): Promise<Found[]> {
  const found: Found[] = [];
  for (const { TableName, partition, owner } of TABLES) {
    const pages = paginateQuery(
      { client },
      {
        TableName,
        ConsistentRead: true,
        KeyConditionExpression: `${partition} = :owner`,
        ExpressionAttributeValues: { ':owner': { S: owner(user) } },
      },
    );
    for await (const { Items = [] } of pages) {
      for (const Item of Items) {
        const { [partition]: of, sk } = Item;
        if (of && sk) found.push({ TableName, Key: { [partition]: of, sk }, Item });
      }
    }
  }
  return found;
}

/**
 * Waits until the stream reader has applied all entries. Otherwise it would write old entries into restored
 * tables.
 */
async function applied(user: User, messages: number): Promise<void> {
  const isDone = async () =>
    (await itemsOf(user)).filter(({ Key }) => /^E#.*#M#/.test(Key.sk?.S ?? '')).length === messages;
  for (let before = ''; ; ) {
    const now = JSON.stringify(await itemsOf(user));
    if (now === before && (await isDone())) return;
    before = now;
    await setTimeout(300);
  }
}

/** Copies the box. @returns a function that restores it. */
async function backup(user: User): Promise<() => Promise<void>> {
  const saved = await itemsOf(user);
  return async () => {
    for (const { TableName, Key } of await itemsOf(user))
      await client.send(new DeleteItemCommand({ TableName, Key }));
    for (const { TableName, Item } of saved) await client.send(new PutItemCommand({ TableName, Item }));
  };
}

test.concurrent.each([
  ['without later commits', 0],
  ['grown again to the position of the device', 3],
  ['grown beyond the position of the device', 5],
])(
  '[TK4, TK7] a token of a box that was restored, %s, is answered with reset and the whole contents',
  async (_, more) => {
    const user = new User();
    const phone = await user.device();
    await user.deposit(aMessage({ id: 'kept' }));
    const restore = await backup(user);
    for (let i = 0; i < 3; i++) await user.deposit(aMessage({ id: `undone${i}` }));
    await phone.synchronize();
    const { syncToken } = phone;
    await applied(user, 4);
    await restore();
    for (let i = 0; i < more; i++) await user.deposit(aMessage({ id: `new${i}` }));

    const { status, body } = await phone.request<WireSync>({ syncToken });
    expect([status, body.reset]).toEqual([200, true]);
    const { changes } = await (await user.device('tablet')).synchronize();
    expect(names(body.changes).sort()).toEqual(names(changes).sort());
    expect(names(changes).filter((name) => name.startsWith('message '))).toHaveLength(1 + more);
    // The new token continues from there. The log also has the registration of the tablet, so the next token
    // includes it.
    expect((await phone.request<WireSync>({ syncToken: body.syncToken })).body).toEqual({
      syncToken: expect.any(String),
    });
  },
);
