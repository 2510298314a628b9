import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { decodeItem } from '../../../core/dynamodb/codec.js';
import { DynamoStore } from '../../../core/dynamodb/store.js';
import type { LogEntry } from '../../../core/model/log-entry.js';
import type { StoredItem } from '../../../core/model/stored-item.js';
import { BOX } from '../../support/builders.js';
import { ScriptedDynamoDb } from '../../support/scripted-dynamodb.js';
import { capturedLog } from './captured-log.js';
import { context } from './gateway-events.js';
import { type Service, type ServiceAnswer, startService } from './service.js';

const log = capturedLog();

const [appended, expired] = JSON.parse(
  readFileSync(join(__dirname, '../../../events/projector.json'), 'utf8'),
).Records as [DynamoDBRecord, DynamoDBRecord];

const imageOf = (image: unknown) => image as Record<string, AttributeValue>;
const entry = decodeItem(imageOf(appended.dynamodb?.NewImage)).item as LogEntry;
const { index, epoch, firstIndex, timeline } = entry;
/** A box as it is after the sample's entry, which has just been appended and is not applied to any item. */
const ITEMS = [
  { kind: 'anchor', sk: 'L~ANCHOR', version: 0, epoch, firstIndex, timeline },
  { ...entry, atMs: Date.now(), expiresAtMs: Date.now() + 1e9 },
  {
    kind: 'conversationHistory',
    sk: 'H#c9#',
    version: index - 1,
    modSeq: 8,
    id: 'c9',
    data: { folderId: 'default', createdModSeq: 8, kind: 'oneToOne', participants: [] },
  },
] as unknown as StoredItem[];

let database: ScriptedDynamoDb;
let store: DynamoStore;
let service: Service;
let handler: typeof import('../../../functions/projector/handler.js').handler;

/** Bytes go as base64. */
const overHttp = (output: object): object =>
  JSON.parse(
    JSON.stringify(output, (_, value) =>
      value?.type === 'Buffer' ? Buffer.from(value.data).toString('base64') : value,
    ),
  );

/** The scripted database behind HTTP. */
async function answerOf(target: string, body: string): Promise<ServiceAnswer> {
  try {
    return { status: 200, body: overHttp(await database.call(target.split('.')[1] ?? '', JSON.parse(body))) };
  } catch (error) {
    const { name, Item } = error as Error & { Item?: object };
    return { status: 400, body: overHttp({ __type: `com.amazonaws.dynamodb.v20120810#${name}`, Item }) };
  }
}

beforeAll(async () => {
  service = await startService(({ headers, body }) => answerOf(String(headers['x-amz-target']), body));
  Object.assign(process.env, {
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_DYNAMODB: service.url,
    STORE_TABLE: 'store',
    TIMELINE: '0',
    REGISTRY_TABLE: 'registry',
  });
  ({ handler } = await import('../../../functions/projector/handler.js'));
});
beforeEach(async () => {
  database = new ScriptedDynamoDb();
  database.isFresh = true;
  store = new DynamoStore(database.client, 'store', 'registry');
  for (const item of ITEMS) await store.put(BOX, item, 'always');
  database.calls.length = 0;
  service.requests.length = 0;
});
afterAll(() => service.close());

const withDynamodb = (record: DynamoDBRecord, dynamodb: object): DynamoDBRecord => ({
  ...record,
  dynamodb: { ...record.dynamodb, ...dynamodb },
});
const withOldImage = (image: object, sk?: string) => {
  const OldImage = { ...expired.dynamodb?.OldImage, ...(sk && { sk: { S: sk } }), ...image };
  return withDynamodb(expired, { OldImage, ...(sk && { Keys: { box: { S: BOX }, sk: { S: sk } } }) });
};
const body = (content: object) => ({ b: { S: JSON.stringify(content) } });
const failuresOf = async (...Records: DynamoDBRecord[]) => {
  const event: DynamoDBStreamEvent = { Records };
  return (await handler(event, context()))?.batchItemFailures;
};
const item = async (sk: string) => (await store.get(BOX, [sk])).get(sk);
const entries = async () => {
  const { items } = await store.query(BOX, { from: 'L#', to: 'L$', limit: 10 });
  return items.filter((each) => each.kind === 'entry');
};

const MESSAGE = 'E#c9#M#01KJM0QZ00ABCDEFGH';

describe('a log entry that was appended', () => {
  test('is applied to the items of the view', async () => {
    expect(await item(MESSAGE)).toBeUndefined();
    expect(await failuresOf(appended)).toEqual([]);
    expect(await item(MESSAGE)).toMatchObject({
      kind: 'message',
      version: index,
      data: { textContent: 'See you at eight' },
    });
  });

  test('that is applied already costs two looks and no write', async () => {
    await failuresOf(appended);
    database.calls.length = 0;
    expect(await failuresOf(appended, appended)).toEqual([]);
    expect(database.calls.map(({ name }) => name)).toEqual(['GetItem', 'GetItem']);
  });

  test.each([
    ['has no image', withDynamodb(appended, { NewImage: undefined })],
    [
      'cannot be read',
      withDynamodb(appended, { NewImage: { ...appended.dynamodb?.NewImage, b: { S: '{"kind":"ent' } } }),
    ],
    [
      'is of a newer format',
      withDynamodb(appended, { NewImage: { ...appended.dynamodb?.NewImage, f: { N: '2' } } }),
    ],
    [
      'holds something else',
      withDynamodb(appended, { NewImage: { ...appended.dynamodb?.NewImage, ...body({ kind: 'anchor' }) } }),
    ],
  ])('and %s fails, and the log tells neither user nor text', async (_, record) => {
    expect(await failuresOf(record)).toEqual([{ itemIdentifier: '221' }]);
    expect(service.requests).toEqual([]);
    expect(log.text()).toContain('record failed');
    expect(log.text()).not.toMatch(/15550100|See you/);
  });

  test('that the log does not have any more is left alone', async () => {
    await store.remove(BOX, [entry.sk], index);
    expect(await failuresOf(appended)).toEqual([]);
    expect(await item(MESSAGE)).toBeUndefined();
    const other = { ...entry, nonce: 'other', atMs: Date.now() };
    await store.put(BOX, other, 'always');
    expect(await failuresOf(appended)).toEqual([]);
    expect(await item(MESSAGE)).toBeUndefined();
  });

  test('with an answer of a device whose registration is not applied comes again', async () => {
    const record = { since: index - 1, lastN: 1, firstN: 1, digests: [], results: [] };
    const content = JSON.parse(appended.dynamodb?.NewImage?.b?.S ?? '');
    const effects = [{ sk: 'D#phone', state: record }];
    const waiting = withDynamodb(appended, {
      NewImage: { ...appended.dynamodb?.NewImage, ...body({ ...content, rows: [], effects }) },
    });
    expect(await failuresOf(waiting)).toEqual([{ itemIdentifier: '221' }]);
  });
});

describe('what has expired', () => {
  test('of one box is one entry, whatever comes twice', async () => {
    const other = withDynamodb(withOldImage({}, 'E#c9#M#other'), { SequenceNumber: '223' });
    expect(await failuresOf(expired, other, expired)).toEqual([]);
    const [, noted, ...more] = await entries();
    expect(more).toEqual([]);
    expect(noted?.index).toBe(index + 1);
    expect(noted?.effects.map(({ sk }) => sk).sort()).toEqual(['E#c9#M#01KG6E2N00ABCDEFGH', 'E#c9#M#other']);
    expect(await item('E#c9#M#other')).toMatchObject({ kind: 'tombstone' });
  });

  test('is noted after the entries are applied that came with it', async () => {
    expect(await failuresOf(appended, expired)).toEqual([]);
    expect(await item(MESSAGE)).toMatchObject({ version: index });
    expect(await entries()).toHaveLength(2);
  });

  test.each([
    ['somebody has removed', { ...expired, userIdentity: undefined }],
    ['was written', { ...expired, eventName: 'MODIFY' as const }],
    ['is no contents, as a log entry', withOldImage(body({ ...entry, kind: 'entry' }), entry.sk)],
    ['is what was left of an element', withOldImage(body({ kind: 'tombstone', of: 'message' }))],
    ['is a state alone', withOldImage({ v: undefined, b: undefined })],
  ])('is not what %s, should the filter let it through', async (_, record) => {
    expect(await failuresOf(record)).toEqual([]);
    expect(service.requests).toEqual([]);
  });

  test.each([
    ['has no image', withDynamodb(expired, { OldImage: undefined })],
    ['has no time', withDynamodb(expired, { ApproximateCreationDateTime: undefined })],
    ['cannot be read', withOldImage({ b: { S: '{"kind":"mes' } })],
    ['is of a newer format', withOldImage({ f: { N: '2' } })],
  ])('and %s fails, and the log tells neither user nor text', async (_, record) => {
    expect(await failuresOf(record)).toEqual([{ itemIdentifier: '222' }]);
    expect(service.requests).toEqual([]);
    expect(log.text()).toContain('record failed');
    expect(log.text()).not.toMatch(/15550100|See you/);
  });
});

test('when the quiet timer has expired, the newest entry is kept in the anchor', async () => {
  const timer = withOldImage({ v: { N: '0' }, ...body({ kind: 'quietTimer' }) }, 'T#QUIET');
  expect(await failuresOf(timer)).toEqual([]);
  expect(await item('L~ANCHOR')).toMatchObject({ kind: 'anchor', last: { index, projected: index } });
  expect(await item(MESSAGE)).toMatchObject({ version: index }); // all is applied before
});
