import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { holderOf } from '../../../functions/runtime/websocket/ticket-holder.js';
import { capturedLog } from './captured-log.js';
import { context } from './gateway-events.js';
import { type Service, type ServiceAnswer, startService } from './service.js';

const log = capturedLog();

const sample = JSON.parse(readFileSync(join(__dirname, '../../../events/socket-authorizer.json'), 'utf8'));
const TICKET: string = sample.queryStringParameters.ticket;

const noTicket: ServiceAnswer = {
  status: 400,
  body: { __type: 'com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException', message: 'no' },
};
const ticketOf = (instanceId: string): ServiceAnswer => ({
  status: 200,
  body: {
    Attributes: {
      f: { N: '1' },
      box: { S: 'tel:+15550100' },
      deviceId: { S: 'Händy' },
      instanceId: { S: instanceId },
    },
  },
});
const device: ServiceAnswer = {
  status: 200,
  body: {
    Item: {
      pk: { S: 'B#tel:+15550100' },
      sk: { S: 'D#Händy' },
      f: { N: '1' },
      v: { N: '5' },
      b: { S: '{"kind":"device","deviceId":"Händy","instanceId":"b7e0","since":5,"scopeVersion":1}' },
      instanceId: { S: 'b7e0' },
      since: { N: '5' },
    },
  },
};

const answers = { DeleteItem: noTicket, GetItem: device };
let database: Service;
let handler: typeof import('../../../functions/socket-authorizer/handler.js').handler;

beforeAll(async () => {
  database = await startService(({ headers }) =>
    String(headers['x-amz-target']).endsWith('DeleteItem') ? answers.DeleteItem : answers.GetItem,
  );
  Object.assign(process.env, {
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_DYNAMODB: database.url,
    REGISTRY_TABLE: 'registry',
  });
  ({ handler } = await import('../../../functions/socket-authorizer/handler.js'));
});
afterAll(() => database.close());

test('a ticket lets its holder into this very connection', async () => {
  answers.DeleteItem = ticketOf('b7e0');
  const { policyDocument, principalId, context: left } = (await handler(sample, context())) ?? {};
  expect(policyDocument?.Statement).toEqual([
    { Action: 'execute-api:Invoke', Effect: 'Allow', Resource: sample.methodArn },
  ]);
  expect(principalId).toMatch(/^[0-9a-f]{12}$/);
  expect(holderOf(left as { holder: string })).toEqual({
    box: 'tel:+15550100',
    deviceId: 'Händy',
    instanceId: 'b7e0',
  });
});

test.each([
  ['is not known, used or expired', noTicket],
  ['was issued to a former instance of the device', ticketOf('a1a1')],
])('[SO2] a ticket that %s is unauthorized', async (_, answer) => {
  answers.DeleteItem = answer;
  await expect(handler(sample, context())).rejects.toThrow(/^Unauthorized$/);
});

test.each(['', 'x'.repeat(3000), 'ü', 'a b'])(
  '[SO2] %j cannot be a ticket, and is unauthorized',
  async (ticket) => {
    answers.DeleteItem = { status: 400, body: { __type: 'ValidationException', message: 'too long' } };
    const event = { ...sample, queryStringParameters: { ticket } };
    await expect(handler(event, context())).rejects.toThrow('Unauthorized');
  },
);

test('no ticket is unauthorized', async () => {
  await expect(handler({ ...sample, queryStringParameters: {} }, context())).rejects.toThrow(
    /^Unauthorized$/,
  );
});

test('a database that fails is no reason to call the ticket invalid, and no log tells the ticket', async () => {
  answers.DeleteItem = { status: 400, body: { __type: 'ValidationException', message: 'wrong key' } };
  await expect(handler(sample, context())).rejects.toThrow('the ticket could not be read');
  expect(log.text()).toContain('wrong key');
  expect(log.text()).not.toContain(TICKET);
});
