import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { policyKey, ticketKey } from '../../core/dynamodb/registry-keys.js';
import type { BoxId } from '../../core/model/items.js';
import { ticketPartition } from '../../core/model/ticket-partition.js';
import type { InstanceId, PolicyId } from '../../protocol/ids.js';
import { describeRegistry } from '../contract/registry-contract.js';
import { PHONE } from '../contract/registry-tickets-contract.js';
import { makeTables, type Tables } from '../support/dynamodb-tables.js';

let tables: Tables;
beforeAll(async () => {
  tables = await makeTables();
});
afterAll(() => tables.remove());

describeRegistry('on DynamoDB', async () => tables);

describe('an item of a newer format', () => {
  type Key = ReturnType<typeof policyKey>;
  const unavailable = { kind: 'unavailable' };
  const BOX = 'tel:+16660000' as BoxId;

  /** Changes an item as a later version of this code might write it. */
  const makeNewer = (Key: Key) =>
    tables.client.send(
      new UpdateItemCommand({
        TableName: tables.registryTable,
        Key,
        UpdateExpression: 'SET f = :newer',
        ExpressionAttributeValues: { ':newer': { N: '2' } },
      }),
    );

  test('of a policy is not read', async () => {
    const id = 'newer' as PolicyId;
    await tables.registry.putPolicy(id, { retentionDays: 7 });
    await makeNewer(policyKey(id));
    await expect(tables.registry.policy(id)).rejects.toMatchObject(unavailable);
  });

  test('of a ticket lets no device in', async () => {
    const ticket = `${ticketPartition(BOX)}-newer`;
    await tables.registry.putTicket(
      ticket,
      { box: BOX, deviceId: PHONE, instanceId: 'i1' as InstanceId },
      2000,
    );
    await makeNewer(ticketKey(ticket));
    await expect(tables.registry.takeTicket(ticket, 1000)).rejects.toMatchObject(unavailable);
  });
});

test('a ticket expires by its time to live, at least in whole seconds', async () => {
  const box = 'tel:+16660001' as BoxId;
  const ticket = `${ticketPartition(box)}-expiring`;
  await tables.registry.putTicket(
    ticket,
    { box, deviceId: PHONE, instanceId: 'i1' as InstanceId },
    4_000_000_500,
  );
  const get = new GetItemCommand({ TableName: tables.registryTable, Key: ticketKey(ticket) });
  expect((await tables.client.send(get)).Item?.expiresAt?.N).toBe('4000001');
});
