import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeItem } from '../../../core/dynamodb/codec.js';
import { entryKey, messageKey } from '../../../core/model/keys.js';
import {
  eraseMessageSchema,
  purgeMessageSchema,
  pushMessageSchema,
} from '../../../functions/runtime/aws/queue-messages.js';
import { callerOf } from '../../../functions/runtime/http/caller.js';
import { readJsonBody } from '../../../functions/runtime/http/request-body.js';
import { holderOf } from '../../../functions/runtime/websocket/ticket-holder.js';
import { deviceRegistrationSchema } from '../../../protocol/device-registration.js';
import { messageDataSchema } from '../../../protocol/elements/message.js';
import { pingFrameSchema, syncFrameSchema } from '../../../protocol/frames.js';
import { conversationIdSchema, deviceIdSchema, userIdSchema } from '../../../protocol/ids.js';
import { parseOperation } from '../../../protocol/operation.js';
import { depositRequestSchema } from '../../../protocol/participating.js';
import { syncRequestSchema } from '../../../protocol/sync.js';

const ROOT = join(__dirname, '../../..');
// biome-ignore lint/suspicious/noExplicitAny: the events are what is tested here
const eventOf = (name: string): any => JSON.parse(readFileSync(join(ROOT, 'events', `${name}.json`), 'utf8'));

const dataOf = ({
  type: _,
  id: __,
  modSeq: ___,
  conversationId: ____,
  ...data
}: Record<string, unknown> = {}) => data;

test('every function has a sample event, and every sample event a function', () => {
  const functions = readdirSync(join(ROOT, 'functions')).filter((name) => name !== 'runtime');
  expect(readdirSync(join(ROOT, 'events')).sort()).toEqual(functions.map((name) => `${name}.json`).sort());
});

test.each([
  ['sync', 'cpm/sync'],
  ['devices', 'cpm/sync'],
  ['history', 'cpm/sync'],
  ['participating', 'cpm/participate'],
  ['admin', 'cpm/admin'],
] as const)('%s.json comes from a caller with %s', (name, scope) => {
  const event = eventOf(name);
  expect(callerOf(event, scope)).toBe(event.requestContext.authorizer.jwt.claims.sub);
});

test.each([
  ['sync', syncRequestSchema],
  ['devices', deviceRegistrationSchema],
  ['participating', depositRequestSchema],
] as const)('the body of %s.json is as the protocol says', (name, schema) => {
  expect(schema.safeParse(readJsonBody(eventOf(name)), { reportInput: true }).error?.issues).toBeUndefined();
});

test.each(['sync', 'participating'])('each operation of %s.json is as the protocol says', (name) => {
  const { operations } = readJsonBody(eventOf(name)) as { operations: unknown[] };
  expect(operations).not.toHaveLength(0);
  for (const operation of operations) expect(parseOperation(operation)).toMatchObject({ ok: true });
});

test.each([
  ['devices', 'deviceId', deviceIdSchema],
  ['history', 'conversationId', conversationIdSchema],
  ['participating', 'userId', userIdSchema],
  ['admin', 'userId', userIdSchema],
] as const)('the path of %s.json names a %s', (name, parameter, schema) => {
  const { routeKey, pathParameters } = eventOf(name);
  expect(routeKey).toContain(`{${parameter}}`);
  expect(schema.safeParse(pathParameters[parameter]).success).toBe(true);
});

test.each(['socket-connection', 'socket-sync', 'socket-default'])('%s.json belongs to a device', (name) => {
  expect(holderOf(eventOf(name).requestContext.authorizer)).toEqual({
    box: 'tel:+15550100',
    deviceId: 'phone',
    instanceId: 'b7e0c1d2',
  });
});

test.each([
  ['socket-sync', syncFrameSchema],
  ['socket-default', pingFrameSchema],
] as const)('the frame of %s.json is as the protocol says', (name, schema) => {
  const { body, requestContext } = eventOf(name);
  const frame = schema.parse(JSON.parse(body));
  expect(frame.action).toBe(requestContext.routeKey);
});

test('socket-authorizer.json brings a ticket for $connect', () => {
  const { queryStringParameters, methodArn } = eventOf('socket-authorizer');
  expect(queryStringParameters.ticket).toMatch(/^[A-Za-z0-9_-]{32}$/);
  expect(methodArn).toMatch(/\/\$connect$/);
});

test.each(['fan-out', 'projector'])('%s.json holds a new log entry under its key', (name) => {
  const [{ eventName, dynamodb }] = eventOf(name).Records;
  const { box, item } = decodeItem(dynamodb.NewImage);
  if (item.kind !== 'entry') throw new Error(`it holds a ${item.kind}`);
  expect([eventName, box, item.sk]).toEqual(['INSERT', 'tel:+15550100', dynamodb.Keys.sk.S]);
  expect([item.sk, item.version]).toEqual([entryKey(item.index), item.index]);
  expect(dynamodb.NewImage.rowCount.N).toBe(String(item.rows.length));
  const [row] = item.rows;
  expect(row).toMatchObject({ type: 'message', element: { modSeq: item.modSeq } });
  expect(messageDataSchema.safeParse(dataOf(row?.element)).error?.issues).toBeUndefined();
});

test('projector.json holds a message, too, that the database has removed after its time', () => {
  const [, { eventName, userIdentity, dynamodb }] = eventOf('projector').Records;
  expect([eventName, userIdentity]).toEqual([
    'REMOVE',
    { type: 'Service', principalId: 'dynamodb.amazonaws.com' },
  ]);
  const { box, item } = decodeItem(dynamodb.OldImage);
  if (item.kind !== 'message') throw new Error(`it holds a ${item.kind}`);
  expect([box, messageKey(item.conversationId, item.id)]).toEqual(['tel:+15550100', dynamodb.Keys.sk.S]);
  expect(messageDataSchema.safeParse(item.data).error?.issues).toBeUndefined();
  expect(item.expiresAtMs).toBeLessThan(dynamodb.ApproximateCreationDateTime * 1000);
});

test.each([
  ['notifier', pushMessageSchema],
  ['purger', purgeMessageSchema],
  ['eraser', eraseMessageSchema],
] as const)('the message of %s.json is of its queue', (name, schema) => {
  const [{ body }] = eventOf(name).Records;
  expect(schema.safeParse(JSON.parse(body)).success).toBe(true);
});
