import { DeleteItemCommand, PutItemCommand, paginateQuery } from '@aws-sdk/client-dynamodb';
import { aMessage } from '../support/builders.js';
import { cloud, names, User, type WireSync } from '../support/cloud.js';
import { clientOf, type Image } from '../support/cloud-tables.js';

// A box that is put back from a backup, as docs/runbook.md has it, while its devices keep what they hold.

const client = clientOf(cloud.dynamodbEndpoint);
const TableName = cloud.storeTable;

async function itemsOf({ id }: User): Promise<Image[]> {
  const pages = paginateQuery(
    { client },
    {
      TableName,
      ConsistentRead: true,
      KeyConditionExpression: 'box = :box',
      ExpressionAttributeValues: { ':box': { S: id } },
    },
  );
  const items: Image[] = [];
  for await (const { Items = [] } of pages) items.push(...Items);
  return items;
}

/** A copy of the box as it is. @returns what puts it back. */
async function backup(user: User): Promise<() => Promise<void>> {
  const saved = await itemsOf(user);
  return async () => {
    for (const { box, sk } of await itemsOf(user)) {
      if (box && sk) await client.send(new DeleteItemCommand({ TableName, Key: { box, sk } }));
    }
    for (const Item of saved) await client.send(new PutItemCommand({ TableName, Item }));
  };
}

test.concurrent.each([
  ['as it was', 0],
  ['grown again to where the device stands', 3],
  ['grown beyond it', 5],
])(
  '[TK4, TK7] a token of a box that was restored, %s, is answered with reset, and brings what there is',
  async (_, more) => {
    const user = new User();
    const phone = await user.device();
    await user.deposit(aMessage({ id: 'kept' }));
    const restore = await backup(user);
    for (let i = 0; i < 3; i++) await user.deposit(aMessage({ id: `undone${i}` }));
    await phone.synchronize();
    const { syncToken } = phone;
    await restore();
    for (let i = 0; i < more; i++) await user.deposit(aMessage({ id: `new${i}` }));

    const { status, body } = await phone.request<WireSync>({ syncToken });
    expect([status, body.reset]).toEqual([200, true]);
    const { changes } = await (await user.device('tablet')).synchronize();
    expect(names(body.changes).sort()).toEqual(names(changes).sort());
    expect(names(changes).filter((name) => name.startsWith('message '))).toHaveLength(1 + more);
    // And the new token goes on from there.
    expect((await phone.request<WireSync>({ syncToken: body.syncToken })).body).toEqual({
      syncToken: body.syncToken,
    });
  },
);
