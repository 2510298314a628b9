import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { clientSettings } from '../../../functions/runtime/aws/open-core.js';

// As the functions have it, only that a test does not wait so long.
const SHORT_MS = 150;
const { requestHandler } = clientSettings;

let server: Server;
let requests: number;

/** A service that never answers the first so many requests. */
async function silentFor(silent: number): Promise<DynamoDBClient> {
  requests = 0;
  server = createServer((request, response) => {
    requests += 1;
    if (requests <= silent) return void request.resume();
    response.setHeader('content-type', 'application/x-amz-json-1.0');
    response.end('{"Item":{"sk":{"S":"here"}}}');
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return new DynamoDBClient({
    ...clientSettings,
    requestHandler: { ...requestHandler, requestTimeout: SHORT_MS },
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
}

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const get = new GetItemCommand({ TableName: 't', Key: { sk: { S: 'here' } } });

test('a request that is never answered is given up, and repeated', async () => {
  const client = await silentFor(1);
  expect((await client.send(get)).Item).toEqual({ sk: { S: 'here' } });
  expect(requests).toBe(2);
  client.destroy();
});

test('a service that never answers is a failure in the end', async () => {
  const client = await silentFor(Number.POSITIVE_INFINITY);
  await expect(client.send(get)).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(requests).toBeGreaterThan(1);
  client.destroy();
});

test('functions give up after a few seconds, so that there is time to try again', () => {
  expect(requestHandler.connectionTimeout).toBeLessThanOrEqual(1000);
  expect(requestHandler.requestTimeout).toBeGreaterThanOrEqual(1000);
  expect(3 * requestHandler.requestTimeout).toBeLessThan(15_000); // a function's time
});
