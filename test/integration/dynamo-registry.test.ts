import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { effectiveOf } from '../../core/scope/effective.js';
import type { BoxId } from '../../core/model/items.js';
import { describeRegistry } from '../contract/registry-contract.js';
import { recordOf } from '../contract/registry-tickets-contract.js';
import { makeTables, type Tables } from '../support/dynamodb-tables.js';

let tables: Tables;
beforeAll(async () => {
  tables = await makeTables();
});
afterAll(() => tables.remove());

describeRegistry('on DynamoDB', async () => tables);

test('the scopes of a device that is revoked expire, those of one that is registered after it stay', async () => {
  const { registry, client, registryTable } = tables;
  const box = 'tel:+16660000' as BoxId;
  const kept = async () => {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName: registryTable,
        KeyConditionExpression: 'pk = :box AND begins_with(sk, :scopes)',
        ExpressionAttributeValues: { ':box': { S: `B#${box}` }, ':scopes': { S: 'S#' } },
      }),
    );
    return Items.map(({ sk, expiresAt }) => [Number(sk?.S?.slice(-10)), expiresAt?.N]);
  };
  let record = recordOf(box);
  await registry.register(record, undefined, []);
  for (let scopeVersion = 2; scopeVersion <= 6; scopeVersion++) {
    const preferences = { pushWindowMs: scopeVersion };
    const next = { ...record, preferences, effective: effectiveOf(preferences, []), scopeVersion };
    expect(await registry.register(next, record, [])).toBe('written');
    record = next;
  }
  expect((await kept()).map(([, expiresAt]) => expiresAt)).toEqual(Array(4).fill(undefined));

  await registry.revoke(record, [], 4_000_000_500);
  expect(await kept()).toEqual([3, 4, 5, 6].map((version) => [version, '4000001']));
  expect(await registry.lastScopeVersion(box, record.deviceId)).toBe(6);

  await registry.register(recordOf(box, { scopeVersion: 7 }), undefined, []);
  expect(await kept()).toEqual([...[4, 5, 6].map((version) => [version, '4000001']), [7, undefined]]);
});
