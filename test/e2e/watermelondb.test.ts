import { appSchema, Database, Model, tableSchema } from '@nozbe/watermelondb';
import lokijs from '@nozbe/watermelondb/adapters/lokijs/index.js';
import { synchronize } from '@nozbe/watermelondb/sync/index.js';
import log from '@nozbe/watermelondb/utils/common/logger/index.js';
import {
  type Mapping,
  messages,
  type Row,
  watermelonReplication,
} from '../../client/adapters/watermelondb.js';
import { httpTransport, type MessageItem, MessageStorageClient, memoryStore } from '../../client/index.js';
import type { OperationInput } from '../../protocol/operation.js';
import { User, unique } from '../support/cloud.js';

// Types and interoperation disagree about the default export of a CommonJS module.
const LokiJSAdapter = lokijs as unknown as typeof lokijs.default;
const logger = log as unknown as typeof log.default;

/**
 * A row of the table `messages`. Its id names conversation and message, because a deleted row keeps only its
 * id.
 */
const mapping: Mapping<MessageItem, Row> = {
  source: messages,
  recordOf: ({ message, flags }) => ({
    id: `${message.conversationId}/${message.id}`,
    text: message.textContent ?? '',
    date: Date.parse(message.date),
    is_flagged: flags.includes('\\Flagged'),
  }),
  refOf({ id }) {
    const [conversationId = '', messageId = ''] = id.split('/');
    return { conversationId, id: messageId };
  },
  operationsFor(row, current) {
    const { conversationId, id } = mapping.refOf(row);
    const text = String(row.text);
    const flags = ['\\Flagged'];
    if (!current) {
      const data = {
        messageContext: 'pager-message',
        direction: 'Out',
        from: 'tel:+15550100',
        to: ['tel:+15550101'],
        date: new Date(Number(row.date)).toISOString(),
        contentType: 'text/plain',
        textContent: text,
      };
      const conversation = { kind: 'oneToOne', participants: ['tel:+15550100', 'tel:+15550101'] };
      return [
        {
          op: 'create',
          type: 'message',
          id,
          conversationId,
          data,
          conversation,
          ...(row.is_flagged && { flags }),
        },
      ] as OperationInput[];
    }
    const operations: object[] = [];
    if (current.message.textContent !== text) {
      operations.push({ op: 'modify', type: 'message', id, conversationId, data: { textContent: text } });
    }
    if (current.flags.includes('\\Flagged') !== row.is_flagged) {
      const data = row.is_flagged ? { addFlags: flags } : { removeFlags: flags };
      operations.push({ op: 'modify', type: 'messageState', id, conversationId, data });
    }
    return operations as OperationInput[];
  },
};

const schema = appSchema({
  version: 1,
  tables: [
    tableSchema({
      name: 'messages',
      columns: [
        { name: 'text', type: 'string' },
        { name: 'date', type: 'number' },
        { name: 'is_flagged', type: 'boolean' },
      ],
    }),
  ],
});
class Message extends Model {
  static override table = 'messages';
}

/** An app on a device: its WatermelonDB, and the client that synchronizes it. */
async function anApp(user: User, deviceId: string) {
  const token = await user.token();
  const client = new MessageStorageClient({
    deviceId,
    transport: httpTransport({ url: user.url, token: () => token }),
    store: memoryStore(),
  });
  const adapter = new LokiJSAdapter({
    schema,
    dbName: unique(),
    useWebWorker: false,
    useIncrementalIndexedDB: false,
    extraLokiOptions: { autosave: false },
  });
  const database = new Database({ adapter, modelClasses: [Message] });
  const table = database.get<Message>('messages');
  const rows = async () =>
    Object.fromEntries(
      (await table.query().fetch()).map(({ _raw }) => [_raw.id, (_raw as unknown as Row).text]),
    );
  return {
    client,
    rows,
    find: (id: string) => table.find(id),
    synchronize: () =>
      synchronize(watermelonReplication({ client, database, tables: { messages: mapping } })),
    create: (id: string, text: string) =>
      database.write(() =>
        table.create((made) => {
          made._raw = {
            ...made._raw,
            id,
            text,
            date: Date.parse('2026-03-01T12:00:00Z'),
            is_flagged: false,
          } as never;
        }),
      ),
    change: (id: string, columns: Partial<Row>) =>
      database.write(async () => {
        const row = await table.find(id);
        await row.update((changed) => {
          for (const [name, value] of Object.entries(columns)) changed._setRaw(name, value as never);
        });
      }),
    remove: (id: string) => database.write(async () => (await table.find(id)).markAsDeleted()),
  };
}

let user: User;
let apps: Awaited<ReturnType<typeof anApp>>[];
beforeAll(() => logger.silence());
beforeEach(async () => {
  user = new User();
  apps = await Promise.all(['phone', 'tablet'].map((deviceId) => anApp(user, deviceId)));
});
afterEach(() => Promise.all(apps.map(({ client }) => client.stop())));

test('all that either side creates, changes and deletes is on both', async () => {
  const [phone, tablet] = apps as [(typeof apps)[0], (typeof apps)[0]];
  await phone.create('c1/m1', 'from the phone');
  await tablet.create('c1/m2', 'from the tablet');
  for (const app of [phone, tablet, phone]) await app.synchronize();
  const both = { 'c1/m1': 'from the phone', 'c1/m2': 'from the tablet' };
  expect([await phone.rows(), await tablet.rows()]).toEqual([both, both]);

  await phone.change('c1/m2', { text: 'corrected by the phone', is_flagged: true });
  await tablet.remove('c1/m1');
  for (const app of [phone, tablet, phone]) await app.synchronize();
  const left = { 'c1/m2': 'corrected by the phone' };
  expect([await phone.rows(), await tablet.rows()]).toEqual([left, left]);
  expect((await tablet.find('c1/m2'))._raw).toMatchObject({ is_flagged: true });
});

test('a deposit of more messages than a page arrives completely', async () => {
  const [phone] = apps as [(typeof apps)[0]];
  const deposits = Array.from(
    { length: 230 },
    (_, i) =>
      mapping.operationsFor({ id: `c1/m${i}`, text: `${i}`, date: 0, is_flagged: false }, undefined)[0],
  );
  for (let at = 0; at < deposits.length; at += 50)
    await user.deposit(...(deposits.slice(at, at + 50) as object[]));
  await phone.synchronize();
  expect(Object.keys(await phone.rows())).toHaveLength(230);
});

test('an operation that the server refuses is undone with the next synchronization', async () => {
  const [phone, tablet] = apps as [(typeof apps)[0], (typeof apps)[0]];
  await phone.create('c1/m1', 'short-lived');
  await phone.synchronize();
  await tablet.synchronize();
  await tablet.remove('c1/m1');
  await tablet.synchronize();
  await phone.create('c1/m1x', 'kept');
  await phone.change('c1/m1', { text: 'too late' });
  await phone.synchronize();
  await phone.synchronize();
  expect(await phone.rows()).toEqual({ 'c1/m1x': 'kept' });
});
