import { addRxPlugin, createRxDatabase, type RxCollection } from 'rxdb';
import { disableWarnings, RxDBDevModePlugin } from 'rxdb/plugins/dev-mode';
import { replicateRxCollection } from 'rxdb/plugins/replication';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { runReplicationBaseTestSuite, setConfig } from 'rxdb/plugins/test-utils';
import { wrappedValidateAjvStorage } from 'rxdb/plugins/validate-ajv';
import { WebSocket } from 'ws';
import { type Mapping, messages, rxdbReplication } from '../../client/adapters/rxdb.js';
import { httpTransport, type MessageItem, MessageStorageClient, memoryStore } from '../../client/index.js';
import type { OperationInput } from '../../protocol/operation.js';
import { cloud, User } from '../support/cloud.js';
import { eventually } from '../support/eventually.js';

/** The documents of RxDB's own suite. Here each document is a message with the JSON as its text. */
interface Human {
  passportId: string;
  firstName: string;
  lastName: string;
  age: number;
}

const CONVERSATION = 'humans';

const humans: Mapping<MessageItem, Human> = {
  source: messages,
  recordOf: ({ message }) => JSON.parse(message.textContent ?? '{}'),
  refOf: ({ passportId }) => ({ conversationId: CONVERSATION, id: passportId }),
  operationsFor(human, current) {
    const { id, conversationId } = { conversationId: CONVERSATION, id: human.passportId };
    const textContent = JSON.stringify(human);
    if (current)
      return [{ op: 'modify', type: 'message', id, conversationId, data: { textContent } } as OperationInput];
    const data = {
      messageContext: 'pager-message',
      direction: 'Out',
      from: 'tel:+15550100',
      to: ['tel:+15550101'],
      date: '2026-03-01T12:00:00Z',
      contentType: 'application/json',
      textContent,
    };
    const conversation = { kind: 'oneToOne', participants: ['tel:+15550100', 'tel:+15550101'] };
    return [{ op: 'create', type: 'message', id, conversationId, data, conversation } as OperationInput];
  },
};

let user: User;
let devices = 0;
const clients: MessageStorageClient[] = [];

async function clientFor(): Promise<MessageStorageClient> {
  const token = await user.token();
  const client = new MessageStorageClient({
    deviceId: `device-${++devices}`,
    transport: httpTransport({ url: user.url, token: () => token }),
    store: memoryStore(),
    WebSocket: WebSocket as never, // Node 20 does not have one
    preferences: { pushWindowMs: 0 },
  });
  clients.push(client);
  return client;
}

const replicate = (client: MessageStorageClient, collection: RxCollection<Human>, live: boolean) =>
  replicateRxCollection<Human, { pulls: number }>({
    replicationIdentifier: 'box',
    collection,
    live,
    retryTime: 500,
    ...rxdbReplication({ client, collection, mapping: humans }),
  });

const oneShots = new WeakMap<RxCollection<Human>, Promise<MessageStorageClient>>();

const storage = () => wrappedValidateAjvStorage({ storage: getRxStorageMemory() });

beforeAll(() => {
  disableWarnings();
  addRxPlugin(RxDBDevModePlugin); // without it RxDB refuses the databases of the suite
  setConfig({
    storage: {
      name: 'memory',
      getStorage: storage,
      getPerformanceStorage: () => ({ storage: storage(), description: 'memory' }),
      hasPersistence: false,
      hasMultiInstance: false,
      hasAttachments: false,
      hasReplication: true,
    } as never,
  });
  user = new User();
});
afterAll(() => Promise.all(clients.map((client) => client.stop())));

describe("RxDB's suite for replications", () => {
  // The suite asserts with the module of Node, which jest does not count.
  beforeEach(() => expect(cloud.url).toMatch(/^http/));

  runReplicationBaseTestSuite({
    async startReplication(collection) {
      const client = await clientFor();
      client.start();
      return replicate(client, collection, true);
    },
    async syncOnce(collection) {
      const client = oneShots.get(collection) ?? clientFor();
      oneShots.set(collection, client);
      const replication = replicate(await client, collection, false);
      replication.error$.subscribe((error) => {
        throw error;
      });
      await replication.awaitInitialReplication();
    },
    async getAllServerDocs() {
      const client = await clientFor();
      await client.synchronize();
      const { items } = await client.messages(CONVERSATION, { limit: 1000 });
      return items.map((item) => humans.recordOf(item));
    },
    async cleanUpServer() {
      user = new User(); // each test has its own box
    },
    getPrimaryOfServerDoc: ({ passportId }) => passportId,
    waitTime: 500,
  });
});

test('a box with more messages than a batch or a page arrives completely, and then live changes', async () => {
  user = new User();
  const human = (i: number): Human => ({
    passportId: `p${String(i).padStart(4, '0')}`,
    firstName: 'a',
    lastName: 'b',
    age: i,
  });
  const writer = await clientFor();
  await writer.perform(
    ...Array.from({ length: 250 }, (_, i) => humans.operationsFor(human(i), undefined)).flat(),
  );
  await writer.synchronize();

  const database = await createRxDatabase({ name: 'many', storage: storage() });
  const { human: collection } = await database.addCollections({
    human: {
      schema: {
        version: 0,
        primaryKey: 'passportId',
        type: 'object',
        properties: {
          passportId: { type: 'string', maxLength: 100 },
          firstName: { type: 'string' },
          lastName: { type: 'string' },
          age: { type: 'integer' },
        },
        required: ['passportId', 'firstName', 'lastName', 'age'],
      },
    },
  });
  const client = await clientFor();
  client.start();
  const replication = replicate(client, collection as RxCollection<Human>, true);
  await replication.awaitInitialReplication();
  expect(await collection?.count().exec()).toBe(250);

  await writer.perform(...humans.operationsFor({ ...human(7), age: 99 }, {} as never));
  await writer.perform({
    op: 'delete',
    type: 'message',
    conversationId: CONVERSATION,
    id: 'p0008',
  } as OperationInput);
  await writer.synchronize();
  await eventually(async () => {
    expect((await collection?.findOne('p0007').exec())?.age).toBe(99);
    expect(await collection?.findOne('p0008').exec()).toBeNull();
  });
  await database.close();
});
