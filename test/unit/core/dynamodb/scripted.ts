import { DynamoRegistry } from '../../../../core/dynamodb/registry.js';
import { DynamoStore } from '../../../../core/dynamodb/store.js';
import { ScriptedDynamoDb } from '../../../support/scripted-dynamodb.js';

/** Store and registry on a scripted database. */
export function scripted() {
  const database = new ScriptedDynamoDb();
  return {
    database,
    store: new DynamoStore(database.client, 'store', 'registry'),
    registry: new DynamoRegistry(database.client, 'registry'),
  };
}
