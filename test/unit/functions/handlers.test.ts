import type { DynamoDBRecord, SQSEvent } from 'aws-lambda';
import { revokeDevice } from '../../../core/admin/devices.js';
import { issueTicket } from '../../../core/admin/tickets.js';
import { encodeItem } from '../../../core/dynamodb/codec.js';
import { startErasing } from '../../../core/lifecycle/erase.js';
import { handler as eraser } from '../../../functions/eraser/handler.js';
import { handler as fanOut } from '../../../functions/fan-out/handler.js';
import { handler as notifier } from '../../../functions/notifier/handler.js';
import { contextOf } from '../../../functions/runtime/websocket/ticket-holder.js';
import { handler as authorizer } from '../../../functions/socket-authorizer/handler.js';
import { handler as connection } from '../../../functions/socket-connection/handler.js';
import { aConversation, aFolder, BOX, removal } from '../../support/builders.js';
import { Rig } from '../../support/rig.js';
import { capturedLog } from './captured-log.js';
import { context, HOLDER, socketEvent } from './gateway-events.js';
import { world } from './memory-core.js';

jest.mock('../../../functions/runtime/aws/open-core.js', () =>
  jest.requireActual('./memory-core.js').openCoreInMemory(),
);
jest.mock('../../../functions/runtime/aws/config.js', () =>
  jest.requireActual('./memory-core.js').configInMemory(),
);

capturedLog();
let rig: Rig;
beforeEach(async () => {
  rig = new Rig();
  world.rig = rig;
  world.postponed = [];
  await rig.deposit(BOX, aConversation());
  await rig.device(BOX, HOLDER.deviceId, {}, HOLDER.instanceId);
});

const record = () => rig.registry.device(BOX, HOLDER.deviceId);

/** An event of a connection, as the gateway sends it for what its authorizer let in. */
const connecting = (
  eventType: 'CONNECT' | 'DISCONNECT',
  connectionId = 'A',
  connectedAt = rig.clock.nowMs,
) => {
  const event = socketEvent('');
  const requestContext = { ...event.requestContext, authorizer: contextOf(HOLDER) };
  return { ...event, requestContext: { ...requestContext, connectionId, connectedAt, eventType } };
};
const connect = async (id?: string, atMs?: number) =>
  (await connection(connecting('CONNECT', id, atMs) as never, context())).statusCode;

describe('$connect', () => {
  test('of a registered device is let in and recorded, and $disconnect removes the record', async () => {
    expect(await connect()).toBe(200);
    expect(await record()).toMatchObject({ connectionId: 'A' });
    await connection(connecting('DISCONNECT', 'older') as never, context());
    expect(await record()).toMatchObject({ connectionId: 'A' });
    expect((await connection(connecting('DISCONNECT') as never, context())).statusCode).toBe(200);
    expect((await record())?.connectionId).toBeUndefined();
  });

  test('closes the older connection of the device, and an older connection that comes late gets 401', async () => {
    rig.open.add('A');
    await connect('A', rig.clock.nowMs);
    expect(await connect('B', rig.clock.nowMs + 1000)).toBe(200);
    expect(rig.closed).toEqual(['A']);
    expect(await connect('C', rig.clock.nowMs + 500)).toBe(401);
    expect(await record()).toMatchObject({ connectionId: 'B' });
  });

  test('[SO2] of a device that was revoked after its ticket was redeemed gets 401, and nothing is recorded', async () => {
    const { ticket } = await issueTicket(rig.core, BOX, HOLDER.deviceId);
    const event = { queryStringParameters: { ticket }, methodArn: 'arn', requestContext: { requestId: 'r' } };
    expect(await authorizer(event as never, context())).toBeDefined();
    await revokeDevice(rig.core, BOX, HOLDER.deviceId);
    expect(await connect()).toBe(401);
    expect(await record()).toBeUndefined();
    await rig.device(BOX, HOLDER.deviceId, {}, 'another');
    expect(await connect()).toBe(401);
    expect((await record())?.connectionId).toBeUndefined();
  });

  test('[SO2] of a device that is revoked or replaced while it connects gets 401, and no socket stays open', async () => {
    for (const gone of [
      () => revokeDevice(rig.core, BOX, HOLDER.deviceId),
      () => rig.device(BOX, HOLDER.deviceId, {}, 'another'),
    ]) {
      await rig.device(BOX, HOLDER.deviceId, {}, HOLDER.instanceId);
      const patch = rig.registry.patch.bind(rig.registry);
      rig.registry.patch = async (...args) => {
        rig.registry.patch = patch;
        const isRecorded = await patch(...args);
        await gone();
        return isRecorded;
      };
      expect(await connect()).toBe(401);
      expect((await record())?.connectionId).toBeUndefined();
    }
  });

  test('that fails is answered 500, so that the client connects again', async () => {
    rig.registry.patch = () => Promise.reject(new Error('the database failed'));
    expect(await connect()).toBe(500);
  });
});

test('a ticket that nobody has is refused with the word that the gateway answers 401 to', async () => {
  const ticket = 't'.repeat(32);
  const event = { queryStringParameters: { ticket }, methodArn: 'arn', requestContext: { requestId: 'r' } };
  await expect(authorizer(event as never, context())).rejects.toThrow(/^Unauthorized$/);
});

const messageEvent = (...bodies: object[]) =>
  ({
    Records: bodies.map((body, i) => ({ messageId: `message ${i}`, body: JSON.stringify(body) })),
  }) as unknown as SQSEvent;

test('the eraser waits for the seconds of its configuration before it removes the marker', async () => {
  await startErasing(rig.core, BOX);
  const [order] = rig.erasures.splice(0);
  await eraser(messageEvent(order?.message ?? {}), context());
  expect(rig.erasures).toEqual([{ message: order?.message, delaySeconds: 77 }]);
  rig.clock.nowMs += 77_000;
  await eraser(messageEvent(order?.message ?? {}), context());
  expect(rig.erasures).toHaveLength(1);
  expect(await rig.store.keys(BOX, 10)).toEqual({ keys: [], more: false });
});

test('a push that fails is postponed, and those beside it are not', async () => {
  rig.core.sockets.post = () => Promise.reject(new Error('too fast'));
  await connect(); // the device is behind, so that a push is scheduled
  const push = rig.pushes[0]?.message;
  const answer = await notifier(messageEvent({ ...push }, { ...push, deviceId: 'unknown' }), context());
  expect(answer.batchItemFailures).toEqual([{ itemIdentifier: 'message 0' }]);
  expect(world.postponed).toEqual(['message 0']);
});

test('a commit of the stream schedules its pushes, and the purge of what it deleted 90 s later', async () => {
  const delays: number[] = [];
  rig.core.purgeQueue.send = async (messages, delaySeconds) => {
    delays.push(...messages.map(() => delaySeconds));
    rig.purges.push(...messages);
  };
  await rig.deposit(BOX, aFolder('f1'));
  await rig.sync(HOLDER);
  await connect();
  await rig.deposit(BOX, removal('folder', 'f1'));
  const entry = (await rig.entries(BOX)).at(-1);
  if (!entry) throw new Error('there is no entry');
  // The stream gives bytes as base64 text.
  const NewImage = JSON.parse(
    JSON.stringify(encodeItem(BOX, entry), (_, value) =>
      value?.type === 'Buffer' ? Buffer.from(value.data).toString('base64') : value,
    ),
  );
  const { box: owner, sk } = NewImage;
  const dynamodb = { Keys: { box: owner, sk }, NewImage, SequenceNumber: '1' };
  const Records = [{ eventName: 'INSERT', dynamodb }] as DynamoDBRecord[];
  expect(await fanOut({ Records }, context())).toEqual({ batchItemFailures: [] });
  expect(rig.pushes).toMatchObject([{ message: { deviceId: HOLDER.deviceId } }]);
  expect(rig.purges).toMatchObject([{ container: { type: 'folder', id: 'f1' } }]);
  expect(delays).toEqual([90]);
});
