// DynamoDB Local for the integration tests, in memory, on a free port. Plain Node, because global setup runs untransformed.
import { tsImport } from 'tsx/esm/api';

/** Starts it; it ends with `stop`, and with this process. */
export async function startDynamoDb() {
  const { startDynamoDbLocal } = await tsImport('@cpm-sync/local-cloud', import.meta.url);
  return startDynamoDbLocal({ log: console.error });
}
