import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { insertionsOf, sampleEvent } from '../../bench/support/sample-events.js';
import { bodyOf, startWholeServer, type WholeServer } from '../../bench/support/whole.js';
import { encodeItem } from '../../core/dynamodb/codec.js';
import { DynamoRegistry } from '../../core/dynamodb/registry.js';
import { DynamoStore } from '../../core/dynamodb/store.js';
import type { LogEntry } from '../../core/model/log-entry.js';
import type { DeviceId, UserId } from '../../protocol/ids.js';

const EVENTS = join(__dirname, '../../events');
const USER = 'tel:+15550100' as UserId;
const PHONE = 'phone' as DeviceId;

let server: WholeServer;
let registry: DynamoRegistry;
let store: DynamoStore;
const invoked = new Set<string>();
let logged = '';

beforeAll(async () => {
  server = await startWholeServer({ endpoint: process.env.CPM_INTEGRATION_DYNAMODB, tableSuffix: '-events' });
  store = new DynamoStore(server.database, server.storeTable, server.registryTable);
  registry = new DynamoRegistry(server.database, server.registryTable);
}, 60_000);
afterAll(() => server?.stop());

/** Gives the sample event of a function to its handler, unchanged. */
async function run(name: string) {
  invoked.add(name);
  return invoke(name, sampleEvent(name));
}

async function invoke(name: string, event: unknown) {
  const { answer, log } = await server.invoke(name, event);
  logged += log;
  return answer;
}

async function deposit(...operations: object[]) {
  const event = sampleEvent('participating');
  event.body = JSON.stringify({ operations });
  return bodyOf(await invoke('participating', event));
}

async function newestEntry(): Promise<LogEntry> {
  const { items } = await store.query(USER, { from: 'L#', to: 'L$', limit: 1, descending: true });
  return items[0] as LogEntry;
}

/** The stream event of the log, given to the projector. */
async function projectLog() {
  const { items } = await store.query(USER, { from: 'L#', to: 'L$', limit: 100 });
  return invoke('projector', insertionsOf(items.map((item) => encodeItem(USER, item))));
}

const messageOf = (name: string): object => JSON.parse(sampleEvent(name).body).operations[0];
const nothingFailed = { batchItemFailures: [] };

// The order matters: each event needs the state that the previous one left.
describe('the sample event of each function, given to its handler', () => {
  test('devices.json registers a device', async () => {
    const answer = await run('devices');
    expect(answer.statusCode).toBe(201);
    expect(bodyOf(answer)).toMatchObject({ deviceId: 'phone', lastN: 0, name: 'Pixel 9' });
  });

  test('participating.json deposits a message', async () => {
    const answer = await run('participating');
    expect([answer.statusCode, bodyOf(answer)]).toEqual([
      200,
      { results: [{ status: 'applied', modSeq: 2 }], modSeq: 2 },
    ]);
  });

  test('sync.json marks it as read, and returns it', async () => {
    const answer = await run('sync');
    expect(answer.statusCode).toBe(200);
    expect(bodyOf(answer)).toMatchObject({
      results: [{ n: 1, status: 'applied', modSeq: 3 }],
      changes: expect.arrayContaining([
        expect.objectContaining({ type: 'message', textContent: 'See you at eight' }),
        expect.objectContaining({ type: 'messageState', flags: ['\\Seen'] }),
      ]),
    });
  });

  test('history.json shows it with its state', async () => {
    const answer = await run('history');
    expect(answer.statusCode).toBe(200);
    expect(bodyOf(answer).elements).toMatchObject([
      { type: 'message', id: '01KJM0QZ00ABCDEFGH' },
      { type: 'messageState', flags: ['\\Seen'] },
    ]);
  });

  test('admin.json shows the box', async () => {
    const answer = await run('admin');
    expect(answer.statusCode).toBe(200);
    expect(bodyOf(answer)).toMatchObject({ modSeq: 3, counts: { message: 1, conversationHistory: 1 } });
  });

  test('socket-authorizer.json accepts its ticket once', async () => {
    const { ticket } = sampleEvent('socket-authorizer').queryStringParameters;
    const device = await registry.device(USER, PHONE);
    if (!device) throw new Error('the device must be registered');
    const { instanceId } = device;
    await registry.putTicket(ticket, { box: USER, deviceId: PHONE, instanceId }, Date.now() + 60_000);
    const answer = await run('socket-authorizer');
    expect(answer.policyDocument.Statement).toEqual([
      expect.objectContaining({ Effect: 'Allow', Resource: sampleEvent('socket-authorizer').methodArn }),
    ]);
    expect(answer.context.holder).toBe(sampleEvent('socket-connection').requestContext.authorizer.holder);
    await expect(run('socket-authorizer')).rejects.toThrow('Unauthorized');
  });

  test('socket-connection.json connects the device', async () => {
    expect(await run('socket-connection')).toEqual({ statusCode: 200 });
    const { connectionId } = sampleEvent('socket-connection').requestContext;
    expect(await registry.device(USER, PHONE)).toMatchObject({ connectionId });
  });

  test('socket-default.json gets the answer pong', async () => {
    expect(await run('socket-default')).toEqual({ statusCode: 200, body: '{"type":"pong"}' });
  });

  test('socket-sync.json synchronizes', async () => {
    const answer = await run('socket-sync');
    expect(answer.statusCode).toBe(200);
    expect(bodyOf(answer)).toMatchObject({ type: 'syncResponse', id: 'r1', syncToken: expect.any(String) });
  });

  test('fan-out.json schedules a synchronization request for the connected device', async () => {
    server.takeMessages('pushes');
    expect(await run('fan-out')).toEqual(nothingFailed);
    const messages = server.takeMessages('pushes').map((body) => JSON.parse(body));
    expect(messages).toEqual([expect.objectContaining({ box: USER, deviceId: PHONE, by: 9 })]);
  });

  test('notifier.json notifies the device of its pending changes', async () => {
    await deposit({ ...messageOf('participating'), id: '01KJM0QZ01ABCDEFGH' });
    server.takeFrames();
    expect(await run('notifier')).toEqual(nothingFailed);
    const [posted, ...others] = server.takeFrames();
    expect(others).toEqual([]);
    expect(posted?.connectionId).toBe(sampleEvent('socket-connection').requestContext.connectionId);
    expect(JSON.parse(posted?.frame ?? '')).toMatchObject({
      type: 'syncRequest',
      changes: { message: 1 },
      conversations: ['c9'],
    });
  });

  test('projector.json concerns an earlier box, and does not change this one', async () => {
    const before = await newestEntry();
    expect(await run('projector')).toEqual(nothingFailed);
    expect(await newestEntry()).toEqual(before);
    const [, { dynamodb }] = sampleEvent('projector').Records;
    expect(await store.get(USER, [dynamodb.Keys.sk.S])).toEqual(new Map());
  });

  test('the projector applies a deposit, and leaves a tombstone when a message expires', async () => {
    const id = '01KJM0QZ02ABCDEFGH';
    await deposit({ ...messageOf('participating'), id });
    const sk = `E#c9#M#${id}`;
    expect(await store.get(USER, [sk])).toEqual(new Map());
    expect(await projectLog()).toEqual(nothingFailed);
    expect((await store.get(USER, [sk])).get(sk)).toMatchObject({ kind: 'message' });

    const event = sampleEvent('projector');
    const [, { dynamodb }] = event.Records;
    dynamodb.ApproximateCreationDateTime = Math.ceil(Date.now() / 1000);
    expect(await invoke('projector', event)).toEqual(nothingFailed);
    const expired = dynamodb.Keys.sk.S;
    expect((await store.get(USER, [expired])).get(expired)).toMatchObject({ kind: 'tombstone' });
  });

  test('purger.json purges the deleted conversation history', async () => {
    const contents = async () => (await store.query(USER, { from: 'E#c9#', to: 'E#c9$', limit: 10 })).items;
    const kinds = async () => (await contents()).map(({ kind }) => kind);
    expect((await kinds()).filter((kind) => kind === 'message')).toHaveLength(3);
    await deposit({ op: 'delete', type: 'conversationHistory', id: 'c9' });
    expect(await run('purger')).toEqual(nothingFailed); // of an earlier box
    expect((await kinds()).filter((kind) => kind === 'message')).toHaveLength(3);
    const event = sampleEvent('purger');
    const message = { ...JSON.parse(event.Records[0].body), index: (await newestEntry()).index };
    event.Records[0].body = JSON.stringify(message);
    expect(await invoke('purger', event)).toEqual(nothingFailed);
    expect(await kinds()).toEqual(Array(4).fill('tombstone'));
  });

  test('eraser.json erases its own box, and no later box of the same user', async () => {
    const modSeq = async () => bodyOf(await invoke('admin', sampleEvent('admin'))).modSeq;
    const before = await modSeq();
    expect(await run('eraser')).toEqual(nothingFailed); // of another epoch
    expect(await modSeq()).toBe(before);
    const event = sampleEvent('eraser');
    event.Records[0].body = JSON.stringify({ box: USER, epoch: (await newestEntry()).epoch });
    expect(await invoke('eraser', event)).toEqual(nothingFailed);
    expect((await invoke('admin', sampleEvent('admin'))).statusCode).toBe(404);
    expect(await registry.devices(USER)).toEqual([]);
    expect((await store.query(USER, { from: '!', to: '~', limit: 1 })).items).toEqual([]);
  });
});

test('every function has a sample event', () => {
  const events = readdirSync(EVENTS).map((file) => file.replace('.json', ''));
  expect([...invoked].sort()).toEqual(events.sort());
});

test('the log contains no text, token, ticket or number of a user', () => {
  expect(logged).toContain('"message":"answered"');
  const { ticket } = sampleEvent('socket-authorizer').queryStringParameters;
  for (const secret of ['See you', '1555010', 'Bearer', 'eyJ', ticket, 'Pixel']) {
    expect(logged.includes(secret) ? `the log has ${secret}` : 'nothing').toBe('nothing');
  }
});
