import { describeRegistry } from '../../../contract/registry-contract.js';
import { describeStore } from '../../../contract/store-contract.js';
import { scripted } from './scripted.js';

// Waits between tries take no time here.
jest.mock('node:timers/promises', () => ({ setTimeout: async () => undefined }));

// Without a script the scripted client must behave as DynamoDB does: only then do scripted tests prove anything.
// Its eventually consistent reads are old all the time, and nobody asks for one but getStale.
describeStore('on a scripted DynamoDB', async () => {
  const { store, database } = scripted();
  database.isFresh = true;
  return store;
});
describeRegistry('on a scripted DynamoDB, whose eventually consistent reads are old', async () => scripted());

describeStore('on a DynamoDB that leaves reads unprocessed and throttles each statement twice', async () => {
  const { store, database } = scripted();
  Object.assign(database, { isFresh: true, unprocessed: 3, failures: 2 });
  return store;
});
