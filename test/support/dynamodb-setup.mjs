// Starts one DynamoDB Local for all integration tests. Each test file makes its own tables in it.
import { startDynamoDb } from './dynamodb-process.mjs';

export default async function setup() {
  const { endpoint, stop } = await startDynamoDb();
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  process.env.CPM_INTEGRATION_DYNAMODB = endpoint;
  globalThis.stopDynamoDbOfIntegrationTests = stop;
}
