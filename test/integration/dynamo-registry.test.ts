import { describeRegistry } from '../contract/registry-contract.js';
import { makeTables, type Tables } from '../support/dynamodb-tables.js';

let tables: Tables;
beforeAll(async () => {
  tables = await makeTables();
});
afterAll(() => tables.remove());

describeRegistry('on DynamoDB', async () => tables);
